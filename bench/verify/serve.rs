//! The routes and the bytes of `bench/peers/rust/src/bin/bare.rs` behind [`RequireAuth`]: the difference
//! between the two is what authentication costs.

use actix_web::http::header::{ETAG, HeaderValue, LOCATION};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use taskbridge::auth::{HttpJwks, RequireAuth};

struct Answers {
    list: Bytes,
    task: Bytes,
}

async fn list(answers: Data<Answers>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(answers.list.clone())
}

async fn read(answers: Data<Answers>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((ETAG, HeaderValue::from_static("\"1\"")))
        .body(answers.task.clone())
}

async fn create(answers: Data<Answers>, _: Bytes) -> HttpResponse {
    HttpResponse::Created()
        .content_type("application/json")
        .insert_header((ETAG, HeaderValue::from_static("\"1\"")))
        .insert_header((LOCATION, HeaderValue::from_static("/api/somebody/tasks/1")))
        .body(answers.task.clone())
}

/// Serves until the process is ended. `key` is the URL of a key set, or else a shared secret.
#[actix_web::main]
pub async fn run(port: u16, answers: &str, origin: &str, key: &str) -> std::io::Result<()> {
    let text = std::fs::read_to_string(answers)?;
    let mut lines = text.lines().map(|line| Bytes::copy_from_slice(line.as_bytes()));
    let mut line = || lines.next().expect("a list and a task on two lines");
    let answers = Data::new(Answers { list: line(), task: line() });
    let is_url = key.starts_with("http://");
    let keys = if is_url { super::jwks(HttpJwks::new(key)) } else { super::shared(key) };
    let verifier = super::verifier(keys, origin);
    HttpServer::new(move || {
        App::new()
            .app_data(answers.clone())
            .route("/health", web::get().to(HttpResponse::Ok))
            .service(
                web::scope("/api")
                    .wrap(RequireAuth::new(verifier.clone()))
                    .service(
                        web::resource("/{user_id}/tasks")
                            .route(web::get().to(list))
                            .route(web::post().to(create)),
                    )
                    .route("/{user_id}/tasks/{id}", web::get().to(read))
                    .route("/{user_id}/tasks/{id}/complete", web::patch().to(read)),
            )
    })
    .workers(std::thread::available_parallelism().map_or(1, usize::from))
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

//! The routes and the bytes of `bench/peers/rust/src/bin/bare.rs` behind [`RequireAuth`]: the difference
//! between the two is what authentication costs.

use std::env::var;

use actix_web::http::header::{ETAG, HeaderValue};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use taskbridge::auth::{HttpJwks, RequireAuth};

async fn read(task: Data<Bytes>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((ETAG, HeaderValue::from_static("\"1\"")))
        .body(Bytes::clone(&task))
}

/// Serves until the process is ended.
#[actix_web::main]
pub async fn run(port: u16, answers: &str) -> std::io::Result<()> {
    let text = std::fs::read_to_string(answers)?;
    let task = text.lines().nth(1).map(|line| Bytes::copy_from_slice(line.as_bytes()));
    let task = Data::new(task.expect("a task on the second line"));
    let keys = match var("BENCH_JWKS_URL") {
        Ok(url) => super::jwks(HttpJwks::new(&url)),
        Err(_) => super::shared(&var("BENCH_SECRET").expect("BENCH_SECRET or BENCH_JWKS_URL")),
    };
    let verifier = super::verifier(keys, &var("BENCH_ORIGIN").expect("BENCH_ORIGIN"));
    HttpServer::new(move || {
        App::new().app_data(task.clone()).route("/health", web::get().to(HttpResponse::Ok)).service(
            web::scope("/api")
                .wrap(RequireAuth::new(verifier.clone()))
                .route("/{user_id}/tasks/{id}", web::get().to(read)),
        )
    })
    .workers(std::thread::available_parallelism().map_or(1, usize::from))
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

//! Bare actix-web: the same routes and the same bytes as Taskbridge, without authentication, database,
//! middleware or serialization. What it serves is the most that any actix-web program can.
//!
//! `bare PORT FILE`: FILE holds the body of a list of ten tasks on its first line and of a single task on
//! its second.

use std::io;

use actix_web::http::header::{ETAG, HeaderValue, LOCATION};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer, Scope};

#[actix_web::main]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = || io::Error::other("usage: bare PORT FILE");
    let port: u16 = arguments.next().and_then(|port| port.parse().ok()).ok_or_else(usage)?;
    let answers = Data::new(Answers::read(&arguments.next().ok_or_else(usage)?)?);
    HttpServer::new(move || {
        App::new()
            .app_data(answers.clone())
            .route("/health", web::get().to(HttpResponse::Ok))
            .service(api())
    })
    .workers(std::thread::available_parallelism().map_or(1, usize::from))
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

/// The bodies that are answered.
struct Answers {
    list: Bytes,
    task: Bytes,
}

impl Answers {
    fn read(file: &str) -> io::Result<Self> {
        let text = std::fs::read_to_string(file)?;
        let mut lines = text.lines().map(|line| Bytes::copy_from_slice(line.as_bytes()));
        let mut line = || lines.next().ok_or_else(|| io::Error::other("the file has two lines"));
        Ok(Self { list: line()?, task: line()? })
    }
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

/// The body is received, as any server must, and not looked at.
async fn create(answers: Data<Answers>, _: Bytes) -> HttpResponse {
    HttpResponse::Created()
        .content_type("application/json")
        .insert_header((ETAG, HeaderValue::from_static("\"1\"")))
        .insert_header((LOCATION, HeaderValue::from_static("/api/user/tasks/1")))
        .body(answers.task.clone())
}

/// Everything below `/api`.
fn api() -> Scope {
    web::scope("/api")
        .service(
            web::resource("/{user_id}/tasks")
                .route(web::get().to(list))
                .route(web::post().to(create)),
        )
        .route("/{user_id}/tasks/{id}", web::get().to(read))
        .route("/{user_id}/tasks/{id}/complete", web::patch().to(read))
}

//! The routes and the bytes that bare actix-web serves, and authentication alone as well: finding a route is
//! a good part of the work, so both must find the same ones. `bench/verify/serve.rs` includes this file.

use std::io;

use actix_web::http::header::{ETAG, HeaderValue, LOCATION};
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, Scope};

/// The bodies that are answered.
pub struct Answers {
    list: Bytes,
    task: Bytes,
}

impl Answers {
    /// A file with the body of a list of ten tasks on its first line and of a single task on its second.
    ///
    /// # Errors
    /// When it cannot be read or is shorter.
    pub fn read(file: &str) -> io::Result<Self> {
        let text = std::fs::read_to_string(file)?;
        let mut lines = text.lines().map(|line| Bytes::copy_from_slice(line.as_bytes()));
        let mut line = || lines.next().ok_or_else(|| io::Error::other("the file has two lines"));
        Ok(Self { list: line()?, task: line()? })
    }
}

async fn list(answers: web::Data<Answers>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(answers.list.clone())
}

async fn read(answers: web::Data<Answers>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((ETAG, HeaderValue::from_static("\"1\"")))
        .body(answers.task.clone())
}

/// The body is received, as any server must, and not looked at.
async fn create(answers: web::Data<Answers>, _: Bytes) -> HttpResponse {
    HttpResponse::Created()
        .content_type("application/json")
        .insert_header((ETAG, HeaderValue::from_static("\"1\"")))
        .insert_header((LOCATION, HeaderValue::from_static("/api/somebody/tasks/1")))
        .body(answers.task.clone())
}

/// Everything below `/api`.
pub fn api() -> Scope {
    web::scope("/api")
        .service(
            web::resource("/{user_id}/tasks")
                .route(web::get().to(list))
                .route(web::post().to(create)),
        )
        .route("/{user_id}/tasks/{id}", web::get().to(read))
        .route("/{user_id}/tasks/{id}/complete", web::patch().to(read))
}

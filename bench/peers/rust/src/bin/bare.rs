//! Bare actix-web: the same routes and the same bytes as Taskbridge, without authentication, database,
//! middleware or serialization. What it serves is the most that any actix-web program can.
//!
//! `bare PORT FILE`: FILE holds the body of a list of ten tasks on its first line and of a single task on
//! its second.

#[path = "../routes.rs"]
mod routes;

use std::io;

use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};

#[actix_web::main]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = || io::Error::other("usage: bare PORT FILE");
    let port: u16 = arguments.next().and_then(|port| port.parse().ok()).ok_or_else(usage)?;
    let answers = Data::new(routes::Answers::read(&arguments.next().ok_or_else(usage)?)?);
    HttpServer::new(move || {
        App::new()
            .app_data(answers.clone())
            .route("/health", web::get().to(HttpResponse::Ok))
            .service(routes::api())
    })
    .workers(std::thread::available_parallelism().map_or(1, usize::from))
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

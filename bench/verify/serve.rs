//! The routes and the bytes of bare actix-web behind [`RequireAuth`]: the difference between the two is
//! what authentication costs.

#[path = "../peers/rust/src/routes.rs"]
mod routes;

use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use taskbridge::auth::{HttpJwks, RequireAuth};

/// Serves until the process is ended. `key` is the URL of a key set, or else a shared secret.
#[actix_web::main]
pub async fn run(port: u16, answers: &str, origin: &str, key: &str) -> std::io::Result<()> {
    let answers = Data::new(routes::Answers::read(answers)?);
    let is_url = key.starts_with("http://");
    let keys = if is_url { super::jwks(HttpJwks::new(key)) } else { super::shared(key) };
    let verifier = super::verifier(keys, origin);
    HttpServer::new(move || {
        App::new()
            .app_data(answers.clone())
            .route("/health", web::get().to(HttpResponse::Ok))
            .service(routes::api().wrap(RequireAuth::new(verifier.clone())))
    })
    .workers(std::thread::available_parallelism().map_or(1, usize::from))
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

//! The task API as a Rust team would write it today: axum, sqlx and jsonwebtoken.
//!
//! Reads `DATABASE_URL`, `JWT_SECRET`, `JWT_ORIGIN`, `PORT` and `POOL`. With `TUNED=1` the pool does not ping a
//! connection before it hands it out, and SQLite has one connection that writes beside those that read.

mod auth;
mod error;
mod postgres;
mod sqlite;
mod store;
mod tasks;

use std::env;
use std::error::Error;
use std::net::Ipv4Addr;

use axum::Router;
use axum::routing::{get, patch};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::auth::Keys;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::store::Store;

/// What every handler may use.
#[derive(Clone)]
struct App<S> {
    store: S,
    keys: Keys,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("DATABASE_URL")?;
    let connections = env::var("POOL")?.parse()?;
    let tuned = env::var("TUNED").is_ok_and(|value| value == "1");
    let keys = Keys::new(&env::var("JWT_SECRET")?, &env::var("JWT_ORIGIN")?);
    if url.starts_with("sqlite:") {
        serve(Sqlite::connect(&url, connections, tuned).await?, keys).await
    } else {
        serve(Postgres::connect(&url, connections, tuned).await?, keys).await
    }
}

async fn serve<S: Store>(store: S, keys: Keys) -> Result<(), Box<dyn Error>> {
    let router = Router::new()
        .route("/health", get(|| async { "healthy" }))
        .route("/api/{user_id}/tasks", get(tasks::list::<S>).post(tasks::create::<S>))
        .route("/api/{user_id}/tasks/{id}", get(tasks::read::<S>))
        .route("/api/{user_id}/tasks/{id}/complete", patch(tasks::toggle::<S>))
        .with_state(App { store, keys });
    let port: u16 = env::var("PORT")?.parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let listener = listener.tap_io(|stream| {
        // Only costs latency when it fails.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

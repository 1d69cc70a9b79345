//! The server as a value: built from a [`Config`], bound to a port, run until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::Method;
use actix_web::http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH, LINK, LOCATION,
    RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, web};
use anyhow::Context;

use crate::auth::{HttpJwks, JwksCache, TokenVerifier};
use crate::config::{Config, CorsOrigins};
use crate::db::Db;
use crate::request_id::{X_REQUEST_ID, request_id};
use crate::routes;

/// Seconds that requests in flight get to finish after a stop.
const SHUTDOWN_TIMEOUT_SECONDS: u64 = 30;

/// Seconds for which a browser may remember a preflight answer.
const PREFLIGHT_MAX_AGE_SECONDS: usize = 3600;

/// A bound server that is not running yet.
pub struct Application {
    server: Server,
    address: SocketAddr,
}

impl Application {
    /// Connects to the database, migrates it and binds the port.
    ///
    /// # Errors
    /// One sentence on the database or the address.
    pub fn build(config: Config) -> anyhow::Result<Self> {
        let db = Db::connect(&config.database_url, config.database_max_connections)?;
        let db = web::Data::new(db);
        let jwks = config.keys.jwks.as_ref().map(|jwks| {
            JwksCache::start(HttpJwks::new(&jwks.url), jwks.timing)
                .context("Cannot start the thread that fetches keys")
        });
        let verifier = Arc::new(TokenVerifier::new(config.auth_settings(jwks.transpose()?)));
        let cors = config.cors;
        let server = HttpServer::new(move || {
            let verifier = Arc::clone(&verifier);
            // The wrap that stands last is the outermost.
            App::new()
                .app_data(db.clone())
                .configure(|routes| routes::configure(routes, verifier))
                .wrap(DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
                .wrap(cors_policy(&cors))
                .wrap(from_fn(request_id))
        })
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_TIMEOUT_SECONDS)
        .bind((config.host, config.port))
        .with_context(|| {
            format!(
                "Cannot listen on {}:{}: choose another HOST or PORT, or stop what listens there",
                config.host, config.port
            )
        })?;
        let address = *server.addrs().first().context("The server has no address")?;
        Ok(Self { server: server.run(), address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the server from outside.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until stopped, then until what is in flight is finished.
    ///
    /// # Errors
    /// When the operating system takes the sockets away.
    pub async fn run_until_stopped(self) -> std::io::Result<()> {
        self.server.await
    }
}

/// Exact origins, no credentials mode: the token travels in a header that the page's script sets.
fn cors_policy(origins: &CorsOrigins) -> Cors {
    let base = Cors::default()
        .allowed_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allowed_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            X_REQUEST_ID,
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([
            ETAG,
            LINK,
            LOCATION,
            RETRY_AFTER,
            WWW_AUTHENTICATE,
            X_REQUEST_ID,
            HeaderName::from_static("x-total-count"),
        ])
        // Not the server's business to refuse: without the headers the browser does.
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_MAX_AGE_SECONDS);
    match origins {
        CorsOrigins::Any => base.allow_any_origin().send_wildcard(),
        CorsOrigins::Exactly(origins) => {
            origins.iter().fold(base, |cors, origin| cors.allowed_origin(origin))
        }
    }
}

//! The server as a value: built from a [`Config`], bound to a port, run until it is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

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
use crate::base::drain::Drain;
use crate::base::workers::workers;
use crate::config::{Config, CorsOrigins};
use crate::db::{Db, Reader};
use crate::docs;
use crate::health::Readiness;
use crate::http::extract::BodyTimeout;
use crate::server::compression::compression;
use crate::server::openapi::document;
use crate::server::rate_limit::RateLimits;
use crate::server::request_log::{X_REQUEST_ID, request_id};
use crate::server::routes;
use crate::server::shutdown::{Stopper, close_when_draining, listen};
use crate::tasks::{self, GroupedWrites};
use crate::telemetry::Metrics;

/// Seconds for which a browser may remember a preflight answer.
const PREFLIGHT_MAX_AGE_SECONDS: usize = 3600;

/// A bound server that is not running yet.
pub struct Application {
    server: Server,
    address: SocketAddr,
    listener: TcpListener,
    drain: Drain,
    shutdown_delay: Duration,
}

impl Application {
    /// Connects to the database, migrates it and binds the port.
    ///
    /// # Errors
    /// One sentence on the database or the address.
    pub fn build(config: Config) -> anyhow::Result<Self> {
        let db = Db::connect(&config.database)?;
        let jwks = config.keys.jwks.as_ref().map(|jwks| {
            JwksCache::start(HttpJwks::new(&jwks.url), jwks.timing)
                .context("Cannot start the thread that fetches keys")
        });
        let jwks = jwks.transpose()?;
        let drain = Drain::default();
        let draining = web::Data::new(drain.clone());
        let readiness = web::Data::new(Readiness::new(db.clone(), jwks.clone(), drain.clone()));
        let metrics = config.metrics_addr.map(|address| {
            let metrics = web::Data::new(Metrics::new(db.clone(), jwks.clone()));
            serve_metrics(address, metrics.clone()).map(|()| metrics)
        });
        let metrics = metrics.transpose()?;
        let verifier = Arc::new(TokenVerifier::new(config.auth_settings(jwks)));
        actix_rt::spawn(purge(db.clone()));
        let (db, for_workers) = (web::Data::new(db.clone()), db);
        let (cors, http) = (config.cors, config.http);
        let body_timeout = web::Data::new(BodyTimeout(http.request_timeout));
        let rate_limits = web::Data::new(RateLimits::new(config.rate_limits));
        let description = document().to_json().context("Cannot write the description")?;
        let description = web::Data::new(docs::Rendered::new(description));
        let listener = listen(SocketAddr::new(config.host, config.port)).with_context(|| {
            format!(
                "Cannot listen on {}:{}: choose another HOST or PORT, or stop what listens there",
                config.host, config.port
            )
        })?;
        let address = listener.local_addr().context("The server has no address")?;
        let counting = drain.clone();
        let workers = workers();
        let server = HttpServer::new(move || {
            let verifier = Arc::clone(&verifier);
            let app = match &metrics {
                Some(metrics) => App::new().app_data(metrics.clone()),
                None => App::new(),
            };
            // The wrap that stands last is the outermost.
            app.app_data(db.clone())
                .app_data(web::Data::new(GroupedWrites::new(for_workers.clone())))
                .app_data(web::Data::new(Reader::new(for_workers.clone())))
                .app_data(readiness.clone())
                .app_data(draining.clone())
                .app_data(body_timeout.clone())
                .app_data(rate_limits.clone())
                .app_data(description.clone())
                .configure(|routes| routes::configure(routes, verifier))
                .wrap(DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
                .wrap(cors_policy(&cors))
                .wrap(from_fn(close_when_draining))
                .wrap(from_fn(request_id))
                .wrap(from_fn(compression))
        })
        .disable_signals()
        .workers(workers)
        // The library counts for each worker.
        .max_connections(http.max_connections.div_ceil(workers))
        .client_request_timeout(http.request_timeout)
        .keep_alive(http.keep_alive)
        .shutdown_timeout(http.shutdown_timeout.as_secs())
        .on_connect(move |_, connection| {
            connection.insert(counting.count());
        })
        .listen(listener.try_clone().context("The server cannot keep its socket")?)
        .context("The server cannot use its socket")?;
        let shutdown_delay = http.shutdown_delay;
        Ok(Self { server: server.run(), address, listener, drain, shutdown_delay })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the server from outside, at once.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Ways to stop the server in an orderly manner.
    ///
    /// # Errors
    /// When the operating system gives no second handle on the socket.
    pub fn stopper(&self) -> std::io::Result<Stopper> {
        let listener = self.listener.try_clone()?;
        Ok(Stopper::new(self.handle(), listener, self.drain.clone(), self.shutdown_delay))
    }

    /// Serves until stopped, then until what is in flight is finished.
    ///
    /// # Errors
    /// When the operating system takes the sockets away.
    pub async fn run_until_stopped(self) -> std::io::Result<()> {
        self.server.await
    }
}

/// Serves metrics beside the API until the process ends, on a port that clients need not reach.
fn serve_metrics(address: SocketAddr, metrics: web::Data<Metrics>) -> anyhow::Result<()> {
    let server = HttpServer::new(move || {
        App::new().app_data(metrics.clone()).configure(routes::configure_metrics)
    })
    .disable_signals()
    .workers(1)
    .bind(address)
    .with_context(|| format!("METRICS_ADDR: cannot listen on {address}; choose another"))?;
    for address in server.addrs() {
        log::info!("metrics on http://{address}/metrics");
    }
    actix_rt::spawn(server.run());
    Ok(())
}

/// Removes what has expired while the server was down, beside the first requests.
async fn purge(db: Db) {
    match db.run(tasks::purge_idempotency_keys).await {
        Ok(0) => {}
        Ok(purged) => log::info!("{purged} expired idempotency key(s) removed"),
        Err(error) => log::warn!("expired idempotency keys were not removed: {error}"),
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

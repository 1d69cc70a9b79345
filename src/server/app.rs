//! The server as a value: built from a [`Config`], bound to a port, and run until it is stopped.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::header::X_CONTENT_TYPE_OPTIONS;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, web};
use anyhow::Context;

use crate::base::drain::Drain;
use crate::base::workers;
use crate::config::{Config, HttpLimits};
use crate::db::Db;
use crate::server::compression::compression;
use crate::server::context::ServerContext;
use crate::server::cors::cors;
use crate::server::request_log::request_log;
use crate::server::routes;
use crate::server::shutdown::{Stopper, close_when_draining, listen};
use crate::tasks::purge_idempotency_keys;
use crate::telemetry::Metrics;

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
        let context = Arc::new(ServerContext::new(&config)?);
        if let (Some(address), Some(metrics)) = (config.metrics_addr, &context.metrics) {
            serve_metrics(address, metrics.clone())?;
        }
        actix_rt::spawn(purge(context.db()));
        let (host, port) = (config.host, config.port);
        let listener = listen(SocketAddr::new(host, port)).with_context(|| {
            format!(
                "Cannot listen on {host}:{port}: choose another HOST or PORT, or stop what listens there"
            )
        })?;
        let address = listener.local_addr().context("The server has no address")?;
        let sockets = listener.try_clone().context("The server cannot keep its socket")?;
        let drain = context.drain.clone();
        let server =
            start(context, config.http, sockets).context("The server cannot use its socket")?;
        Ok(Self { server, address, listener, drain, shutdown_delay: config.http.shutdown_delay })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A handle that stops the server at once.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// A handle that stops the server gracefully.
    ///
    /// # Errors
    /// When the operating system cannot duplicate the socket.
    pub fn stopper(&self) -> std::io::Result<Stopper> {
        let listener = self.listener.try_clone()?;
        Ok(Stopper::new(self.handle(), listener, self.drain.clone(), self.shutdown_delay))
    }

    /// Serves until stopped, and until the requests in flight are finished.
    ///
    /// # Errors
    /// When the sockets fail.
    pub async fn run_until_stopped(self) -> std::io::Result<()> {
        self.server.await
    }
}

/// Starts the workers.
fn start(
    context: Arc<ServerContext>,
    http: HttpLimits,
    listener: TcpListener,
) -> std::io::Result<Server> {
    let drain = context.drain.clone();
    let workers = workers();
    let server = HttpServer::new(move || {
        // The last wrap is the outermost: it sees the request first and the response last.
        App::new()
            .configure(|app| context.register(app))
            .wrap(from_fn(cors))
            .wrap(DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
            .wrap(from_fn(close_when_draining))
            .wrap(from_fn(request_log))
            .wrap(from_fn(compression))
    })
    .disable_signals()
    .workers(workers)
    // actix-web has this limit for each worker.
    .max_connections(http.max_connections.div_ceil(workers))
    .client_request_timeout(http.request_timeout)
    .keep_alive(http.keep_alive)
    .shutdown_timeout(http.shutdown_timeout.as_secs())
    .on_connect(move |_, connection| {
        connection.insert(drain.count());
    })
    .listen(listener)?;
    Ok(server.run())
}

/// Serves the metrics until the process ends, on a port of their own that clients need not reach.
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

/// Removes the idempotency keys that expired while the server was down, without delaying the first requests.
async fn purge(db: Db) {
    match purge_idempotency_keys(&db).await {
        Ok(0) => {}
        Ok(purged) => log::info!("{purged} expired idempotency key(s) removed"),
        Err(error) => log::warn!("expired idempotency keys were not removed: {error}"),
    }
}

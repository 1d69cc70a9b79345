//! The server as a value: built from a [`Config`], bound to a port, and run until it is stopped.

use std::future::ready;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_rt::net::TcpStream;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server, ServerHandle};
use actix_web::http::header::X_CONTENT_TYPE_OPTIONS;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, Error, HttpServer, web};
use anyhow::Context;

use crate::base::drain::Drain;
use crate::base::workers;
use crate::config::{Config, HttpLimits};
use crate::db::Db;
use crate::server::compression::compression;
use crate::server::connection::shares::AddressShares;
use crate::server::connection::state::Limits;
use crate::server::connection::stream::Stream;
use crate::server::context::ServerContext;
use crate::server::cors::cors;
use crate::server::outgoing::BUFFER;
use crate::server::rate_limit::share;
use crate::server::request_log::request_log;
use crate::server::routes;
use crate::server::shutdown::{Stopper, close_when_draining, listen};
use crate::server::watch::TokenWatch;
use crate::sessions::{self, RevocationStore};
use crate::tasks::{OwnerStates, TaskRules, events, purge_idempotency_keys, purge_trash};
use crate::telemetry::Metrics;

/// How long the rest of a request is read and thrown away after an early response, so that the client gets it.
const LINGER: Duration = Duration::from_secs(1);

/// How often what has expired is removed.
const PURGE_INTERVAL: Duration = Duration::from_secs(3600);

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
        Self::build_with(config, None)
    }

    /// As [`Application::build`], and tells of each request that needs a token.
    ///
    /// # Errors
    /// As [`Application::build`].
    pub(crate) fn build_watched(config: Config, watch: TokenWatch) -> anyhow::Result<Self> {
        Self::build_with(config, Some(watch))
    }

    fn build_with(config: Config, watch: Option<TokenWatch>) -> anyhow::Result<Self> {
        let context = Arc::new(ServerContext::new(&config, watch)?);
        if let (Some(address), Some(metrics)) = (config.metrics_addr, &context.metrics) {
            serve_metrics(address, metrics.clone())?;
        }
        let store = context.revocation_store.clone();
        actix_rt::spawn(purge(context.db(), context.rules, store.clone(), context.metrics.clone()));
        actix_rt::spawn(sessions::watch(store, context.last_revocation));
        actix_rt::spawn(share(Arc::clone(&context)));
        actix_rt::spawn(events::watch(OwnerStates::new(context.db()), context.hub.clone()));
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

/// Starts the workers. actix-web's own server would take the socket away from [`Stream`] (ADR 16).
fn start(
    context: Arc<ServerContext>,
    http: HttpLimits,
    listener: TcpListener,
) -> std::io::Result<Server> {
    let workers = workers();
    let trusted = context.rate_limits.trusted_proxies().clone();
    let shares = Arc::new(AddressShares::new(http.max_connections, trusted));
    let server = Server::build()
        .disable_signals()
        .workers(workers)
        // The library has this limit for each worker.
        .max_concurrent_connections(http.max_connections.div_ceil(workers))
        .shutdown_timeout(http.shutdown_timeout.as_secs());
    let stopping = server.graceful_shutdown_signal();
    let server = server.listen("api", listener, move || {
        let (context, shares, stopping) =
            (Arc::clone(&context), Arc::clone(&shares), stopping.clone());
        let drain = context.drain.clone();
        let admit = move |socket| ready(admit(socket, http, &shares, &drain));
        // The last wrap is the outermost: it sees the request first and the response last.
        let app = App::new()
            .configure(|app| context.register(app))
            .wrap(from_fn(cors))
            .wrap(DefaultHeaders::new().add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
            .wrap(from_fn(close_when_draining))
            .wrap(from_fn(request_log))
            .wrap(from_fn(compression));
        let app = app.into_factory().map_err(|error: Error| error.error_response());
        let service = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .client_request_timeout(http.request_timeout)
            .client_disconnect_timeout(LINGER)
            .keep_alive(http.keep_alive)
            .h1_write_buffer_size(BUFFER)
            .on_connect_ext(|stream: &Stream, data| {
                data.insert(stream.state());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        fn_service(admit).and_then(service)
    })?;
    Ok(server.run())
}

/// Takes a connection, or refuses it when its address holds enough.
fn admit(
    socket: TcpStream,
    http: HttpLimits,
    shares: &AddressShares,
    drain: &Drain,
) -> Result<(Stream, Option<SocketAddr>), DispatchError> {
    let peer = socket.peer_addr()?;
    let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let share = shares.admit(peer.ip()).ok_or_else(refused)?;
    let limits = Limits {
        request: http.request_timeout,
        idle: http.keep_alive,
        response: http.response_timeout,
    };
    Ok((Stream::new(socket, limits, share, drain.count()), Some(peer)))
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

/// Removes what has expired, at once and then every hour, beside the requests.
async fn purge(
    db: Db,
    rules: TaskRules,
    revocations: web::Data<RevocationStore>,
    metrics: Option<web::Data<Metrics>>,
) {
    loop {
        match purge_idempotency_keys(&db).await {
            Ok(0) => {}
            Ok(purged) => log::info!("{purged} expired idempotency key(s) removed"),
            Err(error) => log::warn!("expired idempotency keys were not removed: {error}"),
        }
        match purge_trash(&db, rules).await {
            Ok(0) => {}
            Ok(purged) => {
                log::info!("the content of {purged} task(s) deleted long ago was removed");
                metrics.iter().for_each(|metrics| metrics.count_purged(purged));
            }
            Err(error) => log::warn!("tasks deleted long ago were not removed: {error}"),
        }
        match revocations.purge().await {
            Ok(0) => {}
            Ok(purged) => log::info!("{purged} expired revocation(s) removed"),
            Err(error) => log::warn!("expired revocations were not removed: {error}"),
        }
        tokio::time::sleep(PURGE_INTERVAL).await;
    }
}

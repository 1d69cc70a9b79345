//! One connection to PostgreSQL, set up the same way every time, and the thread that moves the bytes of
//! those that no worker owns.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use diesel::connection::CacheSize;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Client, Config, NoTls};

use super::url::PostgresUrl;
use super::{passfile, tls};

/// A connection is replaced when it is this old, so that it follows a server that has moved.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// How connections are made and what each begins with.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    url: PostgresUrl,
    statement_timeout: Duration,
    /// Off behind a pooler in transaction mode, where a session's settings and statements would be left to others.
    prepared_statements: bool,
}

impl Connector {
    pub(super) fn new(
        url: &PostgresUrl,
        statement_timeout: Duration,
        prepared_statements: bool,
    ) -> Self {
        Self { url: url.clone(), statement_timeout, prepared_statements }
    }

    /// Connects. `application_name` overrides the URL's, `set_up` are further statements to begin with.
    ///
    /// # Errors
    /// One sentence on why there is no connection; it shows no password.
    pub(super) async fn connect(
        &self,
        application_name: Option<&str>,
        set_up: &str,
    ) -> anyhow::Result<Connection> {
        let (inner, driver) = self.connect_bare(application_name, set_up).await?;
        Ok(Connection {
            connector: self.clone(),
            inner,
            driver,
            since: Instant::now(),
            in_use: AtomicBool::new(false),
            times_left: AtomicU32::new(0),
        })
    }

    /// As [`Connector::connect`]; the task that moves the bytes ends with the connection.
    ///
    /// # Errors
    /// As [`Connector::connect`].
    pub(super) async fn connect_bare(
        &self,
        application_name: Option<&str>,
        set_up: &str,
    ) -> anyhow::Result<(AsyncPgConnection, JoinHandle<()>)> {
        let attempt = self.try_connect(application_name, set_up).await;
        attempt.map_err(|error| anyhow::anyhow!(self.url.redact(&sentence(&error))))
    }

    async fn try_connect(
        &self,
        application_name: Option<&str>,
        set_up: &str,
    ) -> anyhow::Result<(AsyncPgConnection, JoinHandle<()>)> {
        let (client, driver) = self.reach(application_name).await?;
        if !self.prepared_statements {
            // The driver's own set-up prepares statements, and a pooler keeps them on one server only
            // within a transaction.
            client.batch_execute("BEGIN").await?;
            let mut inner = AsyncPgConnection::try_from(client).await?;
            inner.set_prepared_statement_cache_size(CacheSize::Disabled);
            inner.batch_execute("COMMIT").await?;
            return Ok((inner, driver));
        }
        let mut inner = AsyncPgConnection::try_from(client).await?;
        let timeout = self.statement_timeout.as_millis();
        inner.batch_execute(&format!("SET statement_timeout = {timeout}; {set_up}")).await?;
        Ok((inner, driver))
    }

    /// By a short connection of its own.
    async fn cancel(&self, running: &CancelToken) -> anyhow::Result<()> {
        let (verify, roots) = self.url.verification();
        // Without TLS where the connection is without.
        Ok(running.cancel_query(tls::connector(verify, roots)?).await?)
    }

    /// Tries the hosts in their order.
    async fn reach(
        &self,
        application_name: Option<&str>,
    ) -> anyhow::Result<(Client, JoinHandle<()>)> {
        let mut failures = Vec::new();
        for mut config in self.url.hosts() {
            if let Some(file) = self.url.passfile()
                && let Some(password) = passfile::password(file, &config)?
            {
                config.password(password);
            }
            if let Some(name) = application_name {
                config.application_name(name);
            }
            // The library's own limit ends with the TCP handshake.
            match timeout(self.url.connect_timeout(), self.open(config)).await {
                Ok(Ok(opened)) => return Ok(opened),
                Ok(Err(error)) => failures.push(sentence(&error)),
                Err(_) => failures.push("the server did not answer in time".to_owned()),
            }
        }
        bail!(failures.join("; "))
    }

    /// With `prefer`, a server whose TLS cannot be used is asked again without, as libpq does.
    async fn open(&self, mut config: Config) -> anyhow::Result<(Client, JoinHandle<()>)> {
        if config.get_ssl_mode() == SslMode::Disable {
            return start(config.connect(NoTls).await?);
        }
        let (verify, roots) = self.url.verification();
        match config.connect(tls::connector(verify, roots)?).await {
            Err(error) if config.get_ssl_mode() == SslMode::Prefer && is_about_tls(&error) => {
                start(config.ssl_mode(SslMode::Disable).connect(NoTls).await?)
            }
            opened => start(opened?),
        }
    }
}

/// Moves the bytes of a connection in a task of its own, which ends with the connection.
fn start<S, T>(
    (client, connection): (Client, tokio_postgres::Connection<S, T>),
) -> anyhow::Result<(Client, JoinHandle<()>)>
where
    tokio_postgres::Connection<S, T>:
        Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
{
    let driver = tokio::spawn(async move {
        // What ends the connection reaches the statements that wait for it.
        if let Err(error) = connection.await {
            log::debug!("a connection to the database has ended: {error}");
        }
    });
    Ok((client, driver))
}

fn is_about_tls(error: &tokio_postgres::Error) -> bool {
    error.to_string().contains("TLS")
}

/// The message with its causes in one line.
fn sentence(error: &anyhow::Error) -> String {
    format!("{error:#}").lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

/// An open connection. A shared reference suffices to send statements, one after the other without waiting for
/// answers.
pub(crate) struct Connection {
    pub(super) inner: AsyncPgConnection,
    connector: Connector,
    driver: JoinHandle<()>,
    since: Instant,
    /// Whether a request holds it. What a request has left unfinished must not reach the next one.
    in_use: AtomicBool,
    times_left: AtomicU32,
}

impl Connection {
    /// Whether it still leads to the server, and is not too old.
    pub(super) fn is_good(&self) -> bool {
        !self.driver.is_finished() && self.since.elapsed() < LIFETIME
    }

    /// Asks the server for nothing.
    ///
    /// # Errors
    /// When the connection is lost.
    pub(super) async fn ping(&self) -> anyhow::Result<()> {
        self.execute("").await
    }

    /// Asks the server to stop what the connection is doing. What that stops, if anything, is not known.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub(super) async fn cancel(&self) -> anyhow::Result<()> {
        self.connector.cancel(&self.inner.cancel_token()).await
    }

    /// Notes that a request has left it in the middle, and says how often that was.
    pub(super) fn leave(&self) -> u32 {
        self.times_left.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn is_in_use(&self) -> bool {
        self.in_use.load(Ordering::Relaxed)
    }

    pub(super) fn set_in_use(&self, in_use: bool) {
        self.in_use.store(in_use, Ordering::Relaxed);
    }

    /// Runs statements of this text, after all that it was asked before.
    ///
    /// # Errors
    /// When one fails or the connection is lost.
    pub(super) async fn execute(&self, statement: &str) -> anyhow::Result<()> {
        Ok((&mut &self.inner).batch_execute(statement).await?)
    }

    /// Ends it at once, whatever it was asked.
    pub(super) fn abort(&self) {
        self.driver.abort();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_in_use() {
            self.abort();
        }
    }
}

/// The runtime of connections that no worker owns: those of the pool and of an operator's tools. One thread is
/// enough to move their bytes, and it outlives every worker.
///
/// # Errors
/// When the operating system starts no thread.
pub(in crate::db) fn background() -> anyhow::Result<&'static Handle> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle());
    }
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).thread_name("database").enable_all().build();
    let runtime = runtime.context("Cannot start the thread that talks to the database")?;
    Ok(RUNTIME.get_or_init(|| runtime).handle())
}

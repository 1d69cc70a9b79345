//! One connection to PostgreSQL, set up the same way every time, and the thread that moves the bytes of
//! those that no worker owns.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use diesel::connection::CacheSize;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::CancelToken;

use super::primary::Primary;
use super::reach::{reach, sentence};
use super::tls;
use super::url::PostgresUrl;

/// A connection is replaced when it is this old, so that it follows a server that has moved.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// How connections are made and what each begins with.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    url: PostgresUrl,
    statement_timeout: Duration,
    /// Off behind a pooler in transaction mode, where a session's settings and statements would be left to others.
    prepared_statements: bool,
    primary: Arc<Primary>,
}

/// A connection with the task that moves its bytes, and the timeline of its server where that is known.
pub(super) type Bare = (AsyncPgConnection, JoinHandle<()>, Option<u32>);

impl Connector {
    pub(super) fn new(
        url: &PostgresUrl,
        statement_timeout: Duration,
        prepared_statements: bool,
    ) -> Self {
        let primary = Arc::default();
        Self { url: url.clone(), statement_timeout, prepared_statements, primary }
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
        let (inner, driver, timeline) = self.connect_bare(application_name, set_up).await?;
        Ok(Connection {
            connector: self.clone(),
            inner,
            driver,
            timeline,
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
    ) -> anyhow::Result<Bare> {
        let attempt = self.try_connect(application_name, set_up).await;
        attempt.map_err(|error| anyhow::anyhow!(self.url.redact(&sentence(&error))))
    }

    async fn try_connect(
        &self,
        application_name: Option<&str>,
        set_up: &str,
    ) -> anyhow::Result<Bare> {
        // A pooler leads to another server with each transaction.
        let primary = self.prepared_statements.then_some(&*self.primary);
        let (client, driver, timeline) = reach(&self.url, application_name, primary).await?;
        if !self.prepared_statements {
            // The driver's own set-up prepares statements, and a pooler keeps them on one server only
            // within a transaction.
            client.batch_execute("BEGIN").await?;
            let mut inner = AsyncPgConnection::try_from(client).await?;
            inner.set_prepared_statement_cache_size(CacheSize::Disabled);
            inner.batch_execute("COMMIT").await?;
            return Ok((inner, driver, timeline));
        }
        let mut inner = AsyncPgConnection::try_from(client).await?;
        let timeout = self.statement_timeout.as_millis();
        inner.batch_execute(&format!("SET statement_timeout = {timeout}; {set_up}")).await?;
        Ok((inner, driver, timeline))
    }

    /// By a short connection of its own.
    async fn cancel(&self, running: &CancelToken) -> anyhow::Result<()> {
        let (verify, roots) = self.url.verification();
        // Without TLS where the connection is without.
        Ok(running.cancel_query(tls::connector(verify, roots)?).await?)
    }
}

/// An open connection. A shared reference suffices to send statements, one after the other without waiting for
/// answers.
pub(crate) struct Connection {
    pub(super) inner: AsyncPgConnection,
    connector: Connector,
    driver: JoinHandle<()>,
    timeline: Option<u32>,
    since: Instant,
    /// Whether a request holds it. What a request has left unfinished must not reach the next one.
    in_use: AtomicBool,
    times_left: AtomicU32,
}

impl Connection {
    /// Whether it still leads to the primary, and is not too old.
    pub(super) fn is_good(&self) -> bool {
        !self.driver.is_finished()
            && self.since.elapsed() < LIFETIME
            && self.timeline.is_none_or(|timeline| self.connector.primary.is_current(timeline))
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

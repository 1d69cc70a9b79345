//! SQLite: one thread that writes, a connection of each worker's own for short reads, and a pool for the others.

mod checkpointer;
mod connection;
mod pool;
mod reader;
mod savepoint;
mod thread;
mod wanted;
mod writer;

use std::time::Duration;

use anyhow::Context;
use diesel::SqliteConnection;

use self::pool::Pool;
use self::writer::Writer;
use super::deadline::Deadline;
use super::error::DbError;
use super::postgres::PoolState;
use super::scans::Scans;
use super::settings::DbSettings;

pub(super) use self::connection::Connector;
pub(crate) use self::reader::SqliteReader;
pub(crate) use self::wanted::scan_is_wanted;

/// Opens a connection for an operator's tools.
///
/// # Errors
/// One sentence on why there is none.
pub(super) fn open_blocking(path: &str, settings: &DbSettings) -> anyhow::Result<SqliteConnection> {
    Ok(Connector::new(path, settings.statement_timeout).open(connection::CACHE_KIB)?)
}

/// A handle on the file; clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    path: String,
    pool: Pool,
    writer: Writer,
    scans: Scans,
    settings: DbSettings,
}

impl Sqlite {
    /// Opens the file, which is there and migrated, and starts the thread that writes.
    ///
    /// # Errors
    /// One sentence on what cannot be opened or started.
    pub(super) fn new(path: &str, settings: &DbSettings) -> anyhow::Result<Self> {
        let connector = Connector::new(path, settings.statement_timeout);
        let pool = Pool::open(connector.clone(), settings).context("Cannot open the file again")?;
        let writer = Writer::start(connector, settings.acquire_timeout)
            .context("Cannot start the thread that writes")?;
        let scans = Scans::of_pool(settings.max_connections);
        let (path, settings) = (path.to_owned(), settings.clone());
        Ok(Self { path, pool, writer, scans, settings })
    }

    /// How many connections there are right now, without the writer's and the workers'.
    pub(super) fn pool_state(&self) -> PoolState {
        self.pool.state()
    }

    /// Of a request that begins now.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::new(&self.settings)
    }

    fn connector(&self, busy_timeout: Duration) -> Connector {
        Connector::new(&self.path, busy_timeout)
    }

    /// Runs `work`, which reads, on a thread that may block.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection came free or no answer came in time; else what `work` reports.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        self.pool.run(self.deadline(), (), work).await
    }

    /// As [`Sqlite::read`], for a user's read that may take long: it waits for a place, and stops when its client is
    /// gone or its time is over, as far as it asks [`scan_is_wanted`].
    ///
    /// # Errors
    /// As [`Sqlite::read`], and [`DbError::Busy`] when the user's other scans took too long.
    pub(crate) async fn scan<T, F>(&self, user_id: &str, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let deadline = self.deadline();
        let place = self.scans.enter(user_id, deadline).await?;
        let (_client, scan) = wanted::scan();
        self.pool.run(deadline, place, |connection| scan.run(|| work(connection))).await
    }

    /// Runs `work`, which writes, and returns when it is durable. Of what fails, nothing is stored.
    ///
    /// # Errors
    /// As [`Sqlite::read`].
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        self.deadline().answer(self.writer.write(work)).await?
    }
}

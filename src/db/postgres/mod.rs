//! PostgreSQL: a pool that all workers share, and two connections of each worker's own, one for reads and one
//! for writes in batches, which do what most requests need.

mod batch;
pub(super) mod citus;
mod connection;
mod drain;
mod facts;
mod in_flight;
pub(super) mod migrations;
mod passfile;
mod pipeline;
mod pool;
mod primary;
mod reach;
pub(super) mod row_security;
mod shares;
mod tls;
mod url;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

use self::connection::{Connector, background};
use self::drain::Leftover;
use self::pipeline::Pipeline;
use self::pool::Pool;
use self::row_security::Surroundings;
use self::shares::{Purpose, Shares};
use super::deadline::Deadline;
use super::error::DbError;
use super::scans::{Place, Scans};
use super::settings::DbSettings;
use crate::base::workers;

pub(crate) use self::batch::{Batch, BatchConnection, BatchWrite};
pub(crate) use self::citus::{Layout, citus_layout};
pub(crate) use self::facts::{PostgresFacts, postgres_facts};
#[cfg(test)]
pub(crate) use self::pipeline::WRITES_SET_UP;
pub use self::pool::PoolState;
pub use self::url::PostgresUrl;

/// A connection whose statements block the thread, for an operator's tools.
pub(crate) type BlockingPgConnection = AsyncConnectionWrapper<AsyncPgConnection>;

/// Opens a connection for an operator's tools. Blocks the thread, which must not be a worker's.
///
/// # Errors
/// One sentence on why there is no connection; it shows no password.
pub(super) fn open_blocking(
    url: &PostgresUrl,
    settings: &DbSettings,
) -> anyhow::Result<BlockingPgConnection> {
    let runtime = background()?;
    let connector = Connector::new(url, settings.statement_timeout, settings.prepared_statements);
    let (connection, ..) = runtime.block_on(connector.connect_bare(None, "SELECT 1"))?;
    let _entered = runtime.enter();
    Ok(connection.into())
}

/// A handle on the database; clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Postgres(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connector: Connector,
    pool: Pool,
    shares: Arc<Shares>,
    scans: Scans,
    settings: DbSettings,
    surroundings: Surroundings,
}

impl Postgres {
    /// Without a connection yet; the database is there and migrated. Where it is sharded, users are never written
    /// together: one statement for several of them would be one for several servers.
    ///
    /// # Errors
    /// When the settings contradict each other.
    pub(super) fn new(
        url: &PostgresUrl,
        settings: &DbSettings,
        is_sharded: bool,
    ) -> anyhow::Result<Self> {
        let surroundings = Surroundings::of(settings);
        // A transaction for each request leaves no room for the statements of others.
        let workers = u32::try_from(workers()).unwrap_or(u32::MAX);
        let shares = match (surroundings.is_empty(), is_sharded) {
            (false, _) => Shares::none(),
            (true, false) => Shares::plan(workers, settings.max_connections),
            (true, true) => Shares::without_writes(workers, settings.max_connections),
        };
        let connector =
            Connector::new(url, settings.statement_timeout, settings.prepared_statements);
        let pooled = settings.max_connections - shares.reserved();
        let pool = Pool::new(connector.clone(), pooled, settings.acquire_timeout)?;
        let scans = Scans::of_pool(pooled);
        let (shares, settings) = (Arc::new(shares), settings.clone());
        Ok(Self(Arc::new(Shared { connector, pool, shares, scans, settings, surroundings })))
    }

    /// How many connections there are right now.
    pub(super) fn pool_state(&self) -> PoolState {
        let pool = self.0.pool.state();
        let open = pool.open + self.0.shares.open();
        PoolState { open, limit: self.0.settings.max_connections, ..pool }
    }

    fn connector(&self) -> &Connector {
        &self.0.connector
    }

    fn shares(&self) -> &Arc<Shares> {
        &self.0.shares
    }

    fn settings(&self) -> &DbSettings {
        &self.0.settings
    }

    /// Of a request that begins now.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::new(&self.0.settings)
    }

    /// Runs statements with a connection of the pool, for this user. With `DATABASE_RLS=on` the database shows
    /// this user's rows and no others, whatever is asked.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection came free or no answer came in time; else what `work` reports.
    pub(crate) async fn run<T>(
        &self,
        user_id: Option<&str>,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.run_until(self.deadline(), None, user_id, work).await
    }

    /// As [`Postgres::run`], for a read that may take long: it waits for a place.
    ///
    /// # Errors
    /// As [`Postgres::run`], and [`DbError::Busy`] when the user's other scans took too long.
    pub(crate) async fn scan<T>(
        &self,
        user_id: &str,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let deadline = self.deadline();
        let place = self.0.scans.enter(user_id, deadline).await?;
        self.run_until(deadline, Some(place), Some(user_id), work).await
    }

    /// As [`Postgres::run`], in one transaction: all of it counts, or, with an `Err`, none.
    ///
    /// # Errors
    /// As [`Postgres::run`].
    pub(crate) async fn transaction<T>(
        &self,
        user_id: Option<&str>,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let surroundings = self.0.surroundings;
        let work = async |c: &_| surroundings.transaction(c, user_id, work).await;
        self.leased(self.deadline(), Leftover::transaction(None), work).await
    }

    async fn run_until<T>(
        &self,
        deadline: Deadline,
        place: Option<Place>,
        user_id: Option<&str>,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let surroundings = self.0.surroundings;
        if surroundings.is_empty() {
            return self.leased(deadline, Leftover::statement(place), work).await;
        }
        let work = async |c: &_| surroundings.transaction(c, user_id, work).await;
        self.leased(deadline, Leftover::transaction(place), work).await
    }

    async fn leased<T>(
        &self,
        deadline: Deadline,
        leftover: Leftover,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let lease = self.0.pool.get(deadline, leftover).await?;
        let outcome = deadline.answer(work(&lease)).await.and_then(|outcome| outcome);
        // A connection that was lost, or that still owes an answer, is looked at before it is used again.
        if !matches!(outcome, Err(DbError::Unavailable(_))) {
            lease.finish();
        }
        outcome
    }
}

/// What one worker thread reads: through its own connection where it has one, else through the pool.
pub(crate) struct PostgresReader {
    db: Postgres,
    pipeline: Option<Rc<Pipeline>>,
}

impl PostgresReader {
    /// For the thread that calls this.
    pub(crate) fn new(db: &Postgres) -> Self {
        Self { db: db.clone(), pipeline: Pipeline::of(db, Purpose::Reads) }
    }

    /// Runs one statement that reads some rows a key leads to.
    ///
    /// # Errors
    /// As [`Postgres::run`].
    pub(crate) async fn read<T>(
        &self,
        user_id: &str,
        statement: impl AsyncFn(&AsyncPgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let (began, deadline) = (Instant::now(), self.db.deadline());
        if let Some(pipeline) = &self.pipeline
            && let Some(answer) = pipeline.send(deadline, &statement).await
        {
            let outcome = answer.and_then(|outcome| outcome);
            // What was lost with the connection is read again; what took all its time would take it again.
            let is_lost = matches!(outcome, Err(DbError::Unavailable(_)))
                && began.elapsed() < self.db.settings().statement_timeout;
            if !is_lost {
                return outcome;
            }
        }
        let statement = async |connection: &_| statement(connection).await;
        self.db.run_until(deadline, None, Some(user_id), statement).await
    }
}

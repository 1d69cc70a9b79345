//! The connections that all workers share, for whatever a worker's own two are not for: transactions, scans,
//! and every statement while those two are away.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult, Timeouts};
use deadpool::{Runtime, Status};
use diesel_async::AsyncPgConnection;

use super::connection::{Connection, Connector, background};
use super::drain::{Leftover, drain};
use crate::db::deadline::Deadline;
use crate::db::error::DbError;

/// A connection that was idle for longer is asked whether it still works before it is used. Under load none is, so
/// the question costs nothing there.
const TRUSTED_IDLE: Duration = Duration::from_millis(250);

/// How many connections there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Open ones.
    pub open: u32,
    /// Open ones that no request uses.
    pub idle: u32,
    /// The most there may be.
    pub limit: u32,
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(super) struct Pool(managed::Pool<Manager>);

/// A connection that goes back to its pool when it is dropped.
pub(super) type Pooled = Object<Manager>;

/// Makes the pool's connections.
#[derive(Debug)]
pub(super) struct Manager(Connector);

impl managed::Manager for Manager {
    type Type = Connection;
    type Error = anyhow::Error;

    async fn create(&self) -> anyhow::Result<Connection> {
        let connector = self.0.clone();
        // The worker that asks may end before the connection does.
        background()?.spawn(async move { connector.connect(None, "").await }).await?
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> RecycleResult<anyhow::Error> {
        if connection.is_in_use() || !connection.is_good() {
            return Err(RecycleError::message("the connection cannot be used again"));
        }
        if metrics.last_used() > TRUSTED_IDLE {
            connection.ping().await.map_err(RecycleError::Backend)?;
        }
        Ok(())
    }
}

impl Pool {
    /// A pool without a connection yet.
    ///
    /// # Errors
    /// When its settings contradict each other, which the configuration rules out.
    pub(super) fn new(
        connector: Connector,
        limit: u32,
        acquire_timeout: Duration,
    ) -> anyhow::Result<Self> {
        let pool = managed::Pool::builder(Manager(connector))
            .max_size(usize::try_from(limit).unwrap_or(usize::MAX))
            .create_timeout(Some(acquire_timeout))
            .recycle_timeout(Some(acquire_timeout))
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self(pool))
    }

    /// Waits for a connection, for a request that may leave this on it.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when none came free, or could be made, in time.
    pub(super) async fn get(
        &self,
        deadline: Deadline,
        leftover: Leftover,
    ) -> Result<Lease, DbError> {
        let wait = Some(deadline.left_for_connection());
        let timeouts = Timeouts { wait, ..self.0.timeouts() };
        match deadline.answer(self.0.timeout_get(&timeouts)).await? {
            Ok(connection) => {
                connection.set_in_use(true);
                Ok(Lease { connection: Arc::new(connection), leftover: Some(leftover) })
            }
            Err(managed::PoolError::Backend(error)) => {
                Err(DbError::Unavailable(format!("{error:#}")))
            }
            Err(error) => Err(DbError::Unavailable(format!("no free connection: {error}"))),
        }
    }

    pub(super) fn state(&self) -> PoolState {
        let Status { max_size, size, available, .. } = self.0.status();
        let number = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
        PoolState { open: number(size), idle: number(available), limit: number(max_size) }
    }
}

/// The right to use one connection. Dropped without [`Lease::finish`], as when a client hangs up, the connection is
/// drained before another request has it.
pub(super) struct Lease {
    connection: Arc<Pooled>,
    /// `None` when nothing is left.
    leftover: Option<Leftover>,
}

impl Lease {
    /// Gives the connection back for others to use.
    pub(super) fn finish(mut self) {
        self.connection.set_in_use(false);
        self.leftover = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(leftover) = self.leftover.take() {
            drain(Arc::clone(&self.connection), leftover);
        }
    }
}

impl Deref for Lease {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.connection.inner
    }
}

//! The connections for reads that may take longer than a worker should be held up, on threads that may block.

use std::sync::Arc;

use diesel::SqliteConnection;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

use super::connection::Connector;
use crate::db::deadline::Deadline;
use crate::db::error::DbError;
use crate::db::postgres::PoolState;
use crate::db::settings::DbSettings;

/// r2d2's pool, and a place in it for every request that may use a connection. Waiting for a place takes no
/// thread, waiting for a connection does.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    connections: r2d2::Pool<Connector>,
    places: Arc<Semaphore>,
}

impl Pool {
    /// Opens the first connection.
    ///
    /// # Errors
    /// When it cannot be made in time.
    pub(super) fn open(connector: Connector, settings: &DbSettings) -> Result<Self, r2d2::Error> {
        // Failed attempts to refill the pool surface as a timeout on the request that waits, where they
        // are logged with its id; the default handler would print them raw.
        let connections = r2d2::Pool::builder()
            .max_size(settings.max_connections)
            .min_idle(Some(1))
            .connection_timeout(settings.acquire_timeout)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(connector);
        drop(connections.get()?);
        let places = usize::try_from(settings.max_connections).unwrap_or(Semaphore::MAX_PERMITS);
        Ok(Self {
            connections,
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
        })
    }

    pub(super) fn state(&self) -> PoolState {
        let r2d2::State { connections, idle_connections, .. } = self.connections.state();
        PoolState { open: connections, idle: idle_connections, limit: self.connections.max_size() }
    }

    /// Runs `work` with a connection on a thread that may block, and keeps `held` until that ends, which may be after
    /// the deadline.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection came free or no answer came in time; else what `work`
    /// reports.
    pub(super) async fn run<T, F>(
        &self,
        deadline: Deadline,
        held: impl Send + 'static,
        work: F,
    ) -> Result<T, DbError>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let place = deadline.connection(Arc::clone(&self.places).acquire_owned()).await?;
        let connections = self.connections.clone();
        let blocking = spawn_blocking(move || {
            let _held = (place, held);
            let taken = connections.get_timeout(deadline.left_for_connection());
            let mut connection = taken.map_err(|error| DbError::Unavailable(error.to_string()))?;
            work(&mut connection)
        });
        let panicked = |error: JoinError| DbError::Unexpected(error.to_string());
        deadline.answer(blocking).await?.map_err(panicked)?
    }
}

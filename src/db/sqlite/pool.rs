//! The connections for reads that may take longer than a worker should be held up, on threads that may block.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::connection::Connector;
use crate::db::error::DbError;
use crate::db::postgres::PoolState;
use crate::db::settings::DbSettings;

/// r2d2's pool, and a place in it for every request that may use a connection. Waiting for a place takes no
/// thread, waiting for a connection does.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    connections: r2d2::Pool<Connector>,
    places: Arc<Semaphore>,
    acquire_timeout: Duration,
    answer_timeout: Duration,
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
            acquire_timeout: settings.acquire_timeout,
            answer_timeout: settings.answer_timeout(),
        })
    }

    pub(super) fn state(&self) -> PoolState {
        let r2d2::State { connections, idle_connections, .. } = self.connections.state();
        PoolState { open: connections, idle: idle_connections, limit: self.connections.max_size() }
    }

    /// Runs `work` with a connection on a thread that may block.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection came free or no answer came in time; else what `work`
    /// reports.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let asked = Instant::now();
        let place = timeout(self.acquire_timeout, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.ok().and_then(Result::ok);
        let place = place.ok_or_else(|| DbError::Unavailable("no free connection".to_owned()))?;
        let (connections, limit) = (self.connections.clone(), self.acquire_timeout);
        let blocking = spawn_blocking(move || {
            let _place = place;
            let taken = connections.get_timeout(limit.saturating_sub(asked.elapsed()));
            let mut connection = taken.map_err(|error| DbError::Unavailable(error.to_string()))?;
            work(&mut connection)
        });
        match timeout(self.answer_timeout, blocking).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panicked)) => Err(DbError::Unexpected(panicked.to_string())),
            Err(_) => {
                let seconds = self.answer_timeout.as_secs();
                Err(DbError::Unavailable(format!("no answer in {seconds} s")))
            }
        }
    }
}

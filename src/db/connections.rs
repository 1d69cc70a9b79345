//! The open connections, and what happens when the database falls silent without hanging up.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use r2d2::{NopErrorHandler, Pool, PooledConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::error::DbError;
use super::manager::DbManager;
use super::settings::DbSettings;

/// The pool waits at most half of this between two attempts to reach a database that is away.
const RECONNECT: Duration = Duration::from_secs(1);

/// How many pools may be stuck at a time. Each holds a thread for every one of its connections.
const MAX_STUCK: usize = 5;

/// How many connections there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Open ones.
    pub open: u32,
    /// Open ones that nobody uses.
    pub idle: u32,
    /// The most there may be.
    pub limit: u32,
}

/// A pool, and a place in it for everybody who may use a connection. Waiting for a place takes no
/// thread, waiting for a connection does.
#[derive(Debug)]
pub(super) struct Connections {
    pool: Pool<DbManager>,
    places: Arc<Semaphore>,
    acquire_timeout: Duration,
}

impl Connections {
    fn new(settings: &DbSettings) -> Self {
        // Failed attempts to refill the pool surface as a timeout on the request that waits, where
        // they are logged with its id; the default handler would print them raw.
        let pool = Pool::builder()
            .max_size(settings.max_connections)
            .min_idle(Some(1))
            .connection_timeout(RECONNECT)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(DbManager::new(settings));
        let places = usize::try_from(settings.max_connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            pool,
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            acquire_timeout: settings.acquire_timeout,
        }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when none came free in time.
    pub(super) async fn place(self: &Arc<Self>) -> Result<Place, DbError> {
        let asked = Instant::now();
        let permit = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => {
                let free = Arc::clone(&self.places).acquire_owned();
                timeout(self.acquire_timeout, free).await.ok().and_then(Result::ok)
            }
        };
        let permit = permit.ok_or_else(|| DbError::Unavailable("no free connection".to_owned()))?;
        Ok(Place { connections: Arc::clone(self), asked, _permit: permit })
    }
}

/// The right to use one connection, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    connections: Arc<Connections>,
    asked: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Takes a connection, or waits for one that is being made. Blocks the thread.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when none could be made in time.
    pub(super) fn connection(&self) -> Result<PooledConnection<DbManager>, DbError> {
        let left = self.connections.acquire_timeout.saturating_sub(self.asked.elapsed());
        let taken = self.connections.pool.get_timeout(left);
        taken.map_err(|error| DbError::Unavailable(error.to_string()))
    }
}

/// The pool in use. A database that answers nothing, and whose network says that all is well, keeps the
/// threads that wait for it for ever; then a new pool takes the place of theirs.
#[derive(Debug)]
pub(super) struct CurrentConnections {
    settings: DbSettings,
    current: ArcSwap<Connections>,
    stuck: Mutex<Vec<Weak<Connections>>>,
}

impl CurrentConnections {
    /// Opens the first connection.
    ///
    /// # Errors
    /// When it cannot be made in time; the text shows no password.
    pub(super) fn open(settings: &DbSettings) -> Result<Self, r2d2::Error> {
        let connections = Connections::new(settings);
        drop(connections.pool.get_timeout(settings.acquire_timeout)?);
        Ok(Self {
            settings: settings.clone(),
            current: ArcSwap::from_pointee(connections),
            stuck: Mutex::default(),
        })
    }

    pub(super) fn current(&self) -> Arc<Connections> {
        self.current.load_full()
    }

    pub(super) fn state(&self) -> PoolState {
        let pool = &self.current.load().pool;
        let r2d2::State { connections, idle_connections, .. } = pool.state();
        PoolState { open: connections, idle: idle_connections, limit: pool.max_size() }
    }

    /// Replaces a pool in which somebody waits for an answer that does not come. What its other
    /// connections do is finished, and then they are closed.
    pub(super) fn give_up(&self, silent: &Arc<Connections>) {
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        stuck.retain(|pool| pool.strong_count() > 0);
        if stuck.len() < MAX_STUCK && Arc::ptr_eq(&self.current.load(), silent) {
            stuck.push(Arc::downgrade(silent));
            self.current.store(Arc::new(Connections::new(&self.settings)));
            log::warn!("the database answers nothing: connecting anew");
        }
    }
}

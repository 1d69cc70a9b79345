//! Whether the workers read PostgreSQL through pipelines of their own, and how many connections these may
//! take out of the pool's.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::available_parallelism;

use tokio_postgres::Config;

use super::connection::DbConnection;
use super::session::Session;
use super::settings::DbSettings;

/// How the session of a pipeline shows up in `pg_stat_activity`.
const APPLICATION_NAME: &str = "taskbridge reads";

/// What all pipelines have in common.
#[derive(Debug)]
pub(super) struct Pipelines {
    /// How to connect: without TLS, because the pool does not have it either.
    pub(super) config: Config,
    reserved: u32,
    unclaimed: AtomicU32,
    open: AtomicU32,
}

impl Pipelines {
    /// `None` where every read needs the pool: on SQLite, behind a pooler, in the transactions of row-level
    /// security, over TLS, and where `DATABASE_URL` says something that only libpq understands.
    /// Any connection to the database may be asked.
    pub(super) fn plan(settings: &DbSettings, connection: &mut DbConnection) -> Option<Self> {
        if settings.row_level_security || !settings.prepared_statements {
            return None;
        }
        let mut config = settings.url.without_libpq()?;
        config.application_name(APPLICATION_NAME);
        let session = Session::of(connection).ok()?;
        let workers = available_parallelism().map_or(1, NonZero::get);
        let workers = u32::try_from(workers).unwrap_or(u32::MAX);
        let reserved = workers.min(settings.max_connections / 2);
        (!session.encrypted && reserved > 0).then(|| Self {
            config,
            reserved,
            unclaimed: AtomicU32::new(reserved),
            open: AtomicU32::new(0),
        })
    }

    /// How many connections are not the pool's.
    pub(super) fn reserved(&self) -> u32 {
        self.reserved
    }

    /// How many are open.
    pub(super) fn open(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// The right to one pipeline, as long as there are any left.
    pub(super) fn claim(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.unclaimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// Counts a connection as open for as long as the guard lives.
    pub(super) fn count(self: &Arc<Self>) -> Counted {
        self.open.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(self))
    }
}

/// An open connection of a pipeline.
#[derive(Debug)]
pub(super) struct Counted(Arc<Pipelines>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

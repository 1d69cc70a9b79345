//! Whether the workers have connections to PostgreSQL of their own, and how many these may take out of the pool's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::connection::DbConnection;
use super::purpose::Purpose;
use super::session::Session;
use super::settings::DbSettings;
use super::without_libpq::WithoutLibpq;
use crate::base::workers;

/// How many connections the pool keeps, if there are twice as many, and else half of them: for all other requests.
const POOL_KEEPS: u32 = 4;

/// What all pipelines have in common.
#[derive(Debug)]
pub(super) struct Pipelines {
    way: WithoutLibpq,
    reserved: u32,
    unclaimed_reads: AtomicU32,
    unclaimed_writes: AtomicU32,
    open: AtomicU32,
}

impl Pipelines {
    /// `None` where everything needs the pool: on SQLite, behind a pooler, in the transactions of row-level
    /// security, and wherever [`WithoutLibpq`] has no way.
    /// Any connection to the database may be asked.
    pub(super) fn plan(settings: &DbSettings, connection: &mut DbConnection) -> Option<Self> {
        if settings.row_level_security || !settings.prepared_statements {
            return None;
        }
        let way = WithoutLibpq::of(&settings.url)?;
        let session = Session::of(connection).ok()?;
        let workers = u32::try_from(workers()).unwrap_or(u32::MAX);
        let (reads, writes) = shares(workers, settings.max_connections);
        (session.encrypted == way.proof.is_some() && reads > 0).then(|| Self {
            way,
            reserved: reads + writes,
            unclaimed_reads: AtomicU32::new(reads),
            unclaimed_writes: AtomicU32::new(writes),
            open: AtomicU32::new(0),
        })
    }

    /// How to connect: with TLS if the pool has it too.
    pub(super) fn way(&self, purpose: Purpose) -> WithoutLibpq {
        let mut way = self.way.clone();
        way.config.application_name(purpose.application_name());
        way
    }

    /// How many connections are not the pool's.
    pub(super) fn reserved(&self) -> u32 {
        self.reserved
    }

    /// How many are open.
    pub(super) fn open(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// The right to one connection, as long as there are any left.
    pub(super) fn claim(&self, purpose: Purpose) -> bool {
        let unclaimed = match purpose {
            Purpose::Reads => &self.unclaimed_reads,
            Purpose::Writes => &self.unclaimed_writes,
        };
        let less = |left: u32| left.checked_sub(1);
        unclaimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// Counts a connection as open for as long as the guard lives.
    pub(super) fn count(self: &Arc<Self>) -> Counted {
        self.open.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(self))
    }
}

/// How many connections are for reads and how many for writes: one of each for a worker, as far as they go, and
/// twice as many for reads where they do not.
fn shares(workers: u32, max_connections: u32) -> (u32, u32) {
    let to_share = max_connections - POOL_KEEPS.min(max_connections.div_ceil(2));
    let writes = workers.min(to_share / 3);
    (workers.min(to_share - writes), writes)
}

/// An open connection of a pipeline.
#[derive(Debug)]
pub(super) struct Counted(Arc<Pipelines>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn the_pool_keeps_its_part() {
        for (workers, max_connections, expected) in [
            (1, 10, (1, 1)),
            (2, 10, (2, 2)),
            (4, 10, (4, 2)),
            (8, 10, (4, 2)),
            (8, 28, (8, 8)),
            (2, 6, (2, 1)),
            (2, 4, (2, 0)),
            (2, 3, (1, 0)),
            (2, 2, (1, 0)),
            (2, 1, (0, 0)),
        ] {
            assert_eq!(shares(workers, max_connections), expected, "{workers}, {max_connections}");
        }
    }
}

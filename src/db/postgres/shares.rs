//! How the connections to PostgreSQL are shared among the workers and the pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many connections the pool keeps, if there are twice as many, and else half of them: for all requests that
/// a worker's own connections are not for.
const POOL_KEEPS: u32 = 4;

/// What a worker's own connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Short reads.
    Reads,
    /// Writes of several users in one statement.
    Writes,
}

/// The connections that workers own.
#[derive(Debug)]
pub(super) struct Shares {
    reserved: u32,
    reads: AtomicU32,
    writes: AtomicU32,
    open: AtomicU32,
}

impl Shares {
    /// None for any worker: everything goes through the pool.
    pub(super) fn none() -> Self {
        Self::of((0, 0))
    }

    /// For so many workers, out of so many connections.
    pub(super) fn plan(workers: u32, max_connections: u32) -> Self {
        Self::of(shares(workers, max_connections))
    }

    /// As [`Shares::plan`], with connections for reads alone.
    pub(super) fn without_writes(workers: u32, max_connections: u32) -> Self {
        let (reads, _) = shares(workers, max_connections);
        Self::of((reads, 0))
    }

    fn of((reads, writes): (u32, u32)) -> Self {
        Self {
            reserved: reads + writes,
            reads: AtomicU32::new(reads),
            writes: AtomicU32::new(writes),
            open: AtomicU32::new(0),
        }
    }

    /// How many connections are not the pool's.
    pub(super) fn reserved(&self) -> u32 {
        self.reserved
    }

    /// How many of them are open.
    pub(super) fn open(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// The right to one connection, as long as there are any left.
    pub(super) fn claim(&self, purpose: Purpose) -> bool {
        let unclaimed = match purpose {
            Purpose::Reads => &self.reads,
            Purpose::Writes => &self.writes,
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

/// An open connection of a worker.
#[derive(Debug)]
pub(super) struct Counted(Arc<Shares>);

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

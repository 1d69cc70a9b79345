//! What the connections without libpq are for, and how they differ by that.

use std::time::Duration;

/// Reads and writes have connections of their own, so that no read waits for a write's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Short reads, one behind the other.
    Reads,
    /// Writes of several users in one statement.
    Writes,
}

impl Purpose {
    /// What they are for, in the plural.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
        }
    }

    /// How a session shows up in `pg_stat_activity`.
    pub(super) const fn application_name(self) -> &'static str {
        match self {
            Self::Reads => "taskbridge reads",
            Self::Writes => "taskbridge writes",
        }
    }

    /// What a session begins with, beside what all begin with. All that is written for several users is found
    /// by its key: a plan that was made while the table was small must not read all of it later.
    pub(super) const fn set_up(self) -> &'static str {
        match self {
            Self::Reads => "",
            Self::Writes => {
                "; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
            }
        }
    }

    /// A connection that has owed answers for so long holds up whoever comes next, who takes the pool then. A
    /// write may have to wait for a disk.
    pub(super) const fn standstill(self) -> Duration {
        match self {
            Self::Reads => Duration::from_millis(25),
            Self::Writes => Duration::from_secs(1),
        }
    }

    /// A connection that has owed answers for so long is replaced. What it was asked to read, the pool reads;
    /// what it was asked to write may be done, so that its answer is waited for.
    pub(super) const fn standstill_at_most(self) -> Option<Duration> {
        match self {
            Self::Reads => Some(Duration::from_secs(1)),
            Self::Writes => None,
        }
    }
}

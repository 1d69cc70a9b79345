//! How the database is used.

use std::time::Duration;

use super::url::DatabaseUrl;

/// Whether the tables are distributed where the database has Citus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharding {
    /// Wherever the extension is found.
    #[default]
    Auto,
    /// Never. Tables that are distributed stay so.
    Off,
}

/// Which database, how many connections, and how long a request waits for it.
#[derive(Clone, Debug)]
pub struct DbSettings {
    /// Which database.
    pub url: DatabaseUrl,
    /// The largest number of open connections.
    pub max_connections: u32,
    /// How many tasks one user may have.
    pub max_tasks_per_user: i64,
    /// For how many days a deleted task can be restored.
    pub trash_days: u32,
    /// How long a request waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take, waiting for locks included.
    pub statement_timeout: Duration,
    /// Whether statements are prepared by name, which a pooler in transaction mode cannot follow.
    /// PostgreSQL only.
    pub prepared_statements: bool,
    /// Whether the database itself keeps users apart as well. PostgreSQL only.
    pub row_level_security: bool,
    /// Whether the tables are distributed over several servers. PostgreSQL with Citus only.
    pub sharding: Sharding,
}

impl DbSettings {
    /// The settings that count when nothing else was said.
    #[must_use]
    pub fn of(url: DatabaseUrl) -> Self {
        Self {
            url,
            max_connections: 10,
            max_tasks_per_user: 10_000,
            trash_days: 30,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            prepared_statements: true,
            row_level_security: false,
            sharding: Sharding::Auto,
        }
    }

    /// How long a request waits for an answer: a moment longer than the database itself should take to give up.
    pub(super) fn answer_timeout(&self) -> Duration {
        const MARGIN: Duration = Duration::from_secs(2);
        self.acquire_timeout + self.statement_timeout + MARGIN
    }
}

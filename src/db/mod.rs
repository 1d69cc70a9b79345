//! The databases: which one, its connections, its migrations and its errors. This module knows Diesel and
//! neither HTTP, nor tokens, nor what the rows mean.

mod deadline;
mod error;
mod migrations;
mod operator;
mod postgres;
mod rfc3339;
mod run;
mod scans;
pub(crate) mod schema;
mod settings;
mod sqlite;
mod steps;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod timestamp;
mod url;
mod worker;

use anyhow::Context;
use diesel::QueryResult;

use self::migrations::Recorded;
use self::postgres::Postgres;
use self::sqlite::Sqlite;

pub use error::DbError;
pub(crate) use operator::{DbConnection, apart, on_either};
pub use postgres::PoolState;
#[cfg(test)]
pub(crate) use postgres::WRITES_SET_UP;
pub(crate) use postgres::{Batch, BatchWrite, Layout, PostgresFacts, citus_layout, postgres_facts};
pub(crate) use run::{execute, load, load_on_postgres};
pub use settings::{DbSettings, Sharding};
pub(crate) use sqlite::scan_is_wanted;
pub(crate) use steps::{is_whole, repeat};
pub use timestamp::Timestamp;
pub use url::{DatabaseUrl, DatabaseUrlError};
pub(crate) use worker::{Session, Worker};

/// A handle on the database; clones share its connections.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are a few of them")]
pub(crate) enum Db {
    /// A SQLite file.
    Sqlite(Sqlite),
    /// A PostgreSQL server.
    Postgres(Postgres),
}

impl Db {
    /// Connects, and brings the schema up to date. Blocks the thread until that is done.
    ///
    /// # Errors
    /// One sentence when the database cannot be reached or migrated; it shows no password.
    pub(crate) fn connect(settings: &DbSettings) -> anyhow::Result<Self> {
        let is_sharded = apart(|| migrations::prepare(settings))?;
        let url = &settings.url;
        match url {
            DatabaseUrl::Sqlite(path) => Sqlite::new(path, settings).map(Self::Sqlite),
            DatabaseUrl::Postgres(server) => {
                Postgres::new(server, settings, is_sharded).map(Self::Postgres)
            }
        }
        .with_context(|| format!("DATABASE_URL: cannot use the {url}"))
    }

    /// Runs pending migrations, lays the tables out as the settings say, and returns how many migrations that were.
    ///
    /// # Errors
    /// As [`Db::connect`].
    pub(crate) fn migrate(settings: &DbSettings) -> anyhow::Result<usize> {
        Ok(migrations::migrate(settings)?.applied)
    }

    /// How many migrations are pending, without changing anything; `None` when the SQLite file is not
    /// there yet, which is not created by looking.
    ///
    /// # Errors
    /// One sentence when the database cannot be reached, or another version of this program made it; it shows
    /// no password.
    pub(crate) fn pending_migrations(url: &DatabaseUrl) -> anyhow::Result<Option<usize>> {
        if let DatabaseUrl::Sqlite(path) = url
            && !std::path::Path::new(path).exists()
        {
            return Ok(None);
        }
        let recorded = Recorded::of(&mut DbConnection::open(url)?)?;
        recorded.ensure_known(url)?;
        Ok(Some(recorded.pending()))
    }

    /// Reads for no user in particular.
    ///
    /// # Errors
    /// As [`Worker::read`].
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DbError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(worker::on_sqlite(work)).await,
            Self::Postgres(postgres) => postgres.run(None, worker::on_postgres(work)).await,
        }
    }

    /// Writes for no user in particular, and returns when it is durable. Of what fails, nothing is stored.
    ///
    /// # Errors
    /// As [`Worker::read`].
    pub(crate) async fn transaction<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DbError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(worker::on_sqlite(work)).await,
            Self::Postgres(postgres) => postgres.transaction(None, worker::on_postgres(work)).await,
        }
    }

    /// How many connections there are right now.
    #[must_use]
    pub(crate) fn pool_state(&self) -> PoolState {
        match self {
            Self::Sqlite(sqlite) => sqlite.pool_state(),
            Self::Postgres(postgres) => postgres.pool_state(),
        }
    }

    /// Whether every migration that this program knows has been applied.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the database cannot be asked.
    pub(crate) async fn is_migrated(&self) -> Result<bool, DbError> {
        let recorded = match self {
            Self::Sqlite(sqlite) => sqlite.read(Recorded::of_sqlite).await?,
            Self::Postgres(postgres) => {
                postgres
                    .run(None, async |connection| Recorded::of_postgres(connection).await)
                    .await?
            }
        };
        Ok(recorded.pending() == 0)
    }
}

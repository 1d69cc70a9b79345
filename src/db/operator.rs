//! A connection to either database for an operator's tools and for migrations: one at a time, on a thread that
//! may block. Requests are served by [`super::Sqlite`] and [`super::Postgres`].

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, QueryResult, SqliteConnection};

use super::error::DbError;
use super::postgres::{self, BlockingPgConnection};
use super::settings::DbSettings;
use super::sqlite;
use super::url::DatabaseUrl;

/// A tool may take longer than the server, where a browser waits for an answer.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(600);

/// See the module's documentation.
#[expect(clippy::large_enum_variant, reason = "a tool has one or two")]
pub(crate) enum DbConnection {
    /// To a PostgreSQL server.
    Postgres(BlockingPgConnection),
    /// To a SQLite file.
    Sqlite(SqliteConnection),
}

/// Runs a statement on the connection of the kind that it is.
macro_rules! on_either {
    ($connection:expr, $inner:ident => $run:expr) => {
        match $connection {
            $crate::db::DbConnection::Sqlite($inner) => $run,
            $crate::db::DbConnection::Postgres($inner) => $run,
        }
    };
}

pub(crate) use on_either;

impl DbConnection {
    /// Connects, with ten minutes for each statement.
    ///
    /// # Errors
    /// One sentence when the database cannot be reached; it shows no password.
    pub(crate) fn open(url: &DatabaseUrl) -> anyhow::Result<Self> {
        Self::with_settings(&DbSettings {
            statement_timeout: STATEMENT_TIMEOUT,
            ..DbSettings::of(url.clone())
        })
    }

    /// Connects as these settings say.
    ///
    /// # Errors
    /// As [`DbConnection::open`].
    pub(crate) fn with_settings(settings: &DbSettings) -> anyhow::Result<Self> {
        match &settings.url {
            DatabaseUrl::Postgres(url) => {
                postgres::open_blocking(url, settings).map(Self::Postgres)
            }
            DatabaseUrl::Sqlite(path) => sqlite::open_blocking(path, settings).map(Self::Sqlite),
        }
    }

    /// Runs `work` in one transaction: all of it counts, or, with an `Err`, none. On SQLite the write lock is
    /// taken at once: a transaction that begins by reading cannot wait for its turn to write.
    ///
    /// # Errors
    /// What `work` reports, or that the database did not begin or commit.
    pub(crate) fn atomically<T, E, F>(&mut self, work: F) -> Result<T, E>
    where
        E: From<DbError>,
        F: FnOnce(&mut Self) -> Result<T, E>,
    {
        self.begin().map_err(DbError::from)?;
        match work(self) {
            Ok(value) => {
                self.end(true).map_err(DbError::from)?;
                Ok(value)
            }
            Err(error) => {
                self.end(false).map_err(DbError::from)?;
                Err(error)
            }
        }
    }

    /// Runs `work`, which only reads, in one transaction on PostgreSQL: a pooler in transaction mode keeps a prepared
    /// statement and its use on one server only within a transaction. SQLite needs none, and would be locked by it.
    ///
    /// # Errors
    /// As [`DbConnection::atomically`].
    pub(crate) fn reading<T, E, F>(&mut self, work: F) -> Result<T, E>
    where
        E: From<DbError>,
        F: FnOnce(&mut Self) -> Result<T, E>,
    {
        match self {
            Self::Postgres(_) => self.atomically(work),
            Self::Sqlite(_) => work(self),
        }
    }

    fn begin(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(inner) => Transactions::begin_transaction(inner),
            Self::Sqlite(inner) => {
                AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")
            }
        }
    }

    fn end(&mut self, counts: bool) -> QueryResult<()> {
        match (self, counts) {
            (Self::Postgres(inner), true) => Transactions::commit_transaction(inner),
            (Self::Postgres(inner), false) => Transactions::rollback_transaction(inner),
            (Self::Sqlite(inner), true) => AnsiTransactionManager::commit_transaction(inner),
            (Self::Sqlite(inner), false) => AnsiTransactionManager::rollback_transaction(inner),
        }
    }
}

/// Runs `work`, which uses such a connection, on a thread of its own and waits for it: the caller's thread may run
/// asynchronous tasks, where such a connection cannot be used.
///
/// # Errors
/// Those of `work`.
pub(crate) fn apart<T: Send>(work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
    let done = std::thread::scope(|scope| scope.spawn(work).join());
    done.unwrap_or_else(|_| anyhow::bail!("the thread that uses the database panicked"))
}

type Transactions = <BlockingPgConnection as Connection>::TransactionManager;

impl SimpleConnection for DbConnection {
    fn batch_execute(&mut self, statements: &str) -> QueryResult<()> {
        on_either!(self, inner => inner.batch_execute(statements))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use diesel::connection::SimpleConnection;
    use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
    use rstest::rstest;

    use crate::db::schema::idempotency_keys;
    use crate::db::testing::{Backend, TestDb, connect};
    use crate::db::{DbConnection, DbError};

    fn add(connection: &mut DbConnection, key: &str) -> Result<(), DbError> {
        let statement = format!(
            "INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, task_seq, created_at) \
             VALUES ('u', '{key}', '{}', 1, 1, 1)",
            "0".repeat(64)
        );
        Ok(connection.batch_execute(&statement)?)
    }

    fn added(connection: &mut DbConnection) -> i64 {
        on_either!(connection, inner => idempotency_keys::table.count().get_result(inner)).unwrap()
    }

    #[rstest]
    fn a_transaction_counts_as_a_whole_or_not_at_all(
        #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    ) {
        TestDb::new(backend).run(|connection| {
            let failed: Result<(), DbError> = connection.atomically(|connection| {
                add(connection, "a")?;
                add(connection, "b")?;
                add(connection, "a")
            });
            assert!(matches!(failed, Err(DbError::Conflict(_))), "{failed:?}");
            assert_eq!(added(connection), 0);
            let done: Result<(), DbError> = connection.atomically(|connection| {
                add(connection, "a")?;
                add(connection, "b")
            });
            assert!(done.is_ok() && added(connection) == 2, "{done:?}");
        });
    }

    /// A transaction that reads first cannot wait for another writer on SQLite: it fails at once.
    #[rstest]
    fn transactions_that_read_before_they_write_wait_for_each_other(
        #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    ) {
        let db = TestDb::new(backend);
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let url = db.url.clone();
                thread::spawn(move || {
                    let mut connection = connect(&url);
                    for turn in 0..10 {
                        let outcome: Result<(), DbError> = connection.atomically(|connection| {
                            added(connection);
                            add(connection, &format!("{client}-{turn}"))
                        });
                        outcome.unwrap();
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        assert_eq!(db.run(added), 40);
    }

    #[test]
    fn a_deadlock_is_worth_another_try() {
        let db = TestDb::new(Backend::Postgres);
        db.run(|connection| {
            add(connection, "a").unwrap();
            add(connection, "b").unwrap();
        });
        let both_hold_one = std::sync::Barrier::new(2);
        let outcomes: Vec<Result<(), DbError>> = thread::scope(|scope| {
            let clients: Vec<_> = [["a", "b"], ["b", "a"]]
                .into_iter()
                .map(|[first, second]| {
                    let (url, both_hold_one) = (db.url.clone(), &both_hold_one);
                    scope.spawn(move || {
                        let touch = |connection: &mut DbConnection, key: &str| {
                            let rows =
                                idempotency_keys::table.filter(idempotency_keys::key.eq(key));
                            let change = idempotency_keys::created_at.eq(2);
                            on_either!(connection, inner => diesel::update(rows).set(change).execute(inner))
                        };
                        connect(&url).atomically(|connection| {
                            touch(connection, first)?;
                            both_hold_one.wait();
                            touch(connection, second)?;
                            Ok(())
                        })
                    })
                })
                .collect();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        let failed: Vec<&DbError> =
            outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert!(matches!(failed[..], [DbError::Unavailable(_)]), "{outcomes:?}");
    }
}

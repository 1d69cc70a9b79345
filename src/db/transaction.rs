//! Several statements as one. Diesel's own `transaction` begins by reading on SQLite and cannot wait
//! for its turn to write later, so the write lock is taken at once there.

use std::num::NonZero;

use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, TransactionManager};

use super::connection::DbConnection;
use super::error::DbError;

impl DbConnection {
    /// Runs `work` in one transaction: all of it counts, or, with an `Err`, none. Inside
    /// another one it is a savepoint.
    ///
    /// # Errors
    /// What `work` reports, or that the database would not begin or commit.
    pub fn atomically<T, E, F>(&mut self, work: F) -> Result<T, E>
    where
        E: From<DbError>,
        F: FnOnce(&mut Self) -> Result<T, E>,
    {
        match self {
            Self::Postgres(inner) => AnsiTransactionManager::begin_transaction(inner),
            Self::Sqlite(inner) => match depth(inner)? {
                Some(_) => AnsiTransactionManager::begin_transaction(inner),
                None => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE"),
            },
        }
        .map_err(DbError::from)?;
        match work(self) {
            Ok(value) => {
                Manager::commit_transaction(self).map_err(DbError::from)?;
                Ok(value)
            }
            Err(error) => match Manager::rollback_transaction(self) {
                Ok(()) => Err(error),
                // The connection is still inside the transaction: the pool must not keep it.
                Err(stuck) => Err(DbError::Unavailable(stuck.to_string()).into()),
            },
        }
    }
}

impl DbConnection {
    /// Runs a statement that may fail without taking a surrounding transaction down with it.
    ///
    /// # Errors
    /// What `work` reports.
    pub fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let depth = match self {
            Self::Postgres(inner) => depth(inner)?,
            // A statement that fails undoes itself there.
            Self::Sqlite(_) => None,
        };
        if depth.is_some() { self.atomically(work) } else { work(self) }
    }
}

/// How many transactions the connection is in; `None` outside of any.
fn depth<Conn>(connection: &mut Conn) -> Result<Option<NonZero<u32>>, DbError>
where
    Conn: Connection<TransactionManager = AnsiTransactionManager>,
{
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    Ok(status.transaction_depth()?)
}

type Manager = <DbConnection as Connection>::TransactionManager;

#[cfg(test)]
mod tests {
    use std::thread;

    use diesel::connection::SimpleConnection;
    use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
    use rstest::rstest;

    use crate::db::schema::idempotency_keys;
    use crate::db::testing::{Backend, TestDb, connect, fresh_url};
    use crate::db::{Db, DbConnection, DbError, DbSettings};

    fn add(connection: &mut DbConnection, key: &str) -> Result<(), DbError> {
        let statement = format!(
            "INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, created_at) \
             VALUES ('u', '{key}', '{}', 1, 1)",
            "0".repeat(64)
        );
        Ok(connection.batch_execute(&statement)?)
    }

    fn added(connection: &mut DbConnection) -> i64 {
        idempotency_keys::table.count().get_result(connection).unwrap()
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
            let nested: Result<(), DbError> = connection.atomically(|connection| {
                add(connection, "c")?;
                let inner: Result<(), DbError> = connection.atomically(|connection| {
                    add(connection, "d")?;
                    add(connection, "a")
                });
                assert!(matches!(inner, Err(DbError::Conflict(_))), "{inner:?}");
                Ok(())
            });
            assert!(nested.is_ok() && added(connection) == 3, "{nested:?}");
        });
    }

    #[test]
    fn a_failed_attempt_does_not_take_the_transaction_around_it_down() {
        TestDb::new(Backend::Postgres).run(|connection| {
            let done: Result<(), DbError> = connection.atomically(|connection| {
                add(connection, "a")?;
                let failed = connection.attempt(|connection| add(connection, "a"));
                assert!(matches!(failed, Err(DbError::Conflict(_))), "{failed:?}");
                connection.attempt(|connection| add(connection, "b"))
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
                            diesel::update(rows).set(change).execute(connection)
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

    /// The only connection of a pool would stay inside its transaction.
    #[test]
    fn a_connection_whose_work_panicked_is_not_used_again() {
        let (url, _folder) = fresh_url(Backend::Sqlite);
        actix_rt::System::new().block_on(async {
            let settings = DbSettings { max_connections: 1, ..DbSettings::of(url) };
            let db = Db::connect(&settings).unwrap();
            let panicked: Result<(), DbError> = db
                .run(|connection| {
                    connection.atomically(|connection| {
                        add(connection, "a")?;
                        panic!("as the test wants it")
                    })
                })
                .await;
            assert!(matches!(panicked, Err(DbError::Unexpected(_))), "{panicked:?}");
            let outcome = db.run(|connection| connection.atomically(|c| add(c, "b"))).await;
            assert!(outcome.is_ok(), "{outcome:?}");
            assert_eq!(db.run(|connection| Ok(added(connection))).await.unwrap(), 1);
        });
    }
}

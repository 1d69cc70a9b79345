use std::time::Duration;

use diesel::sql_types::Text;
use diesel::{QueryDsl, RunQueryDsl};
use tokio::sync::Notify;

use super::*;
use crate::db::schema::idempotency_keys;
use crate::db::testing::{Backend, TestDb};
use crate::db::{Db, DbSettings, on_either};

/// A key to store, after a signal if it has one; or a panic.
struct Note(&'static str, Option<Rc<Notify>>);

fn note(key: &'static str) -> Note {
    Note(key, None)
}

impl BatchWrite for Note {
    type Done = ();

    async fn write_alone(connection: &AsyncPgConnection, note: &Self) -> QueryResult<()> {
        Self::write_all(connection, std::slice::from_ref(note)).await.map(|_| ())
    }

    async fn write_all(
        mut connection: &AsyncPgConnection,
        notes: &[Self],
    ) -> QueryResult<Vec<Option<()>>> {
        for Note(key, signal) in notes {
            assert_ne!(*key, "panic");
            if let Some(signal) = signal {
                signal.notified().await;
            }
            let statement = diesel::sql_query(
                "INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, task_seq, created_at) \
                 VALUES ('u', $1, repeat('0', 64), 1, 1, 1)",
            );
            let statement = statement.bind::<Text, _>(key);
            diesel_async::RunQueryDsl::execute(statement, &mut connection).await?;
        }
        Ok(notes.iter().map(|_| Some(())).collect())
    }
}

/// Runs a test with a batch whose connection is there, and gives the keys that it has stored.
fn stored(test: impl AsyncFnOnce(&Batch<Note>)) -> Vec<String> {
    use idempotency_keys::{key, table};
    let db = TestDb::new(Backend::Postgres);
    actix_rt::System::new().block_on(async {
        let Db::Postgres(postgres) = Db::connect(&DbSettings::of(db.url.clone())).unwrap() else {
            panic!("PostgreSQL")
        };
        let batch = Batch::new(&BatchConnection::new(&postgres));
        let absent = async |_| Err(DbError::Unexpected("not yet".to_owned()));
        while batch.write_or(note("first"), absent).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        test(&batch).await;
    });
    let keys = table.select(key).order(key);
    db.run(|connection| on_either!(connection, inner => keys.load(inner)).unwrap())
}

async fn never_alone(_: Note) -> Result<(), DbError> {
    panic!("it was left out")
}

#[test]
fn a_write_whose_client_has_hung_up_is_not_begun() {
    let keys = stored(async |batch| {
        let signal = Rc::new(Notify::new());
        let held = batch.write_or(Note("held", Some(Rc::clone(&signal))), never_alone);
        let later = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let abandoned = batch.write_or(note("abandoned"), never_alone);
            assert!(timeout(Duration::from_millis(50), abandoned).await.is_err());
            signal.notify_one();
            batch.write_or(note("later"), never_alone).await
        };
        let (held, later) = futures_util::future::join(held, later).await;
        assert!(held.is_ok() && later.is_ok(), "{held:?}, {later:?}");
    });
    assert_eq!(keys, ["first", "held", "later"]);
}

#[test]
fn a_panic_does_not_hold_up_later_writes() {
    let keys = stored(async |batch| {
        let panicked = batch.write_or(note("panic"), never_alone).await;
        assert!(matches!(panicked, Err(DbError::Unexpected(_))), "{panicked:?}");
        batch.write_or(note("later"), never_alone).await.unwrap();
    });
    assert_eq!(keys, ["first", "later"]);
}

/// Only then may it be tried again.
#[test]
fn a_statement_counts_as_undone_when_the_server_says_what_is_wrong_with_it() {
    let reported = |kind, text: &str| Error::DatabaseError(kind, Box::new(text.to_owned()));
    for undone in [
        reported(DatabaseErrorKind::UniqueViolation, "duplicate key"),
        reported(DatabaseErrorKind::CheckViolation, "violates check constraint"),
        reported(DatabaseErrorKind::SerializationFailure, "could not serialize"),
        reported(DatabaseErrorKind::Unknown, "as a trigger wants it"),
        reported(DatabaseErrorKind::Unknown, "canceling statement due to lock timeout"),
    ] {
        assert!(is_undone(&undone), "{undone:?}");
    }
    for unknown in [
        reported(DatabaseErrorKind::UnableToSendCommand, "connection closed"),
        reported(DatabaseErrorKind::ClosedConnection, ""),
        reported(DatabaseErrorKind::Unknown, "terminating connection due to administrator"),
        reported(DatabaseErrorKind::ReadOnlyTransaction, "cannot execute INSERT"),
        reported(DatabaseErrorKind::Unknown, "canceling statement due to statement timeout"),
        Error::DeserializationError("a column is missing".into()),
    ] {
        assert!(!is_undone(&unknown), "{unknown:?}");
    }
}

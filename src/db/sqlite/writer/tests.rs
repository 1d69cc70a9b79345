use std::pin::pin;
use std::sync::mpsc::channel;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{QueryDsl, RunQueryDsl, SqliteConnection};
use futures_util::future::{join_all, join3, poll_immediate};
use rstest::rstest;

use super::{Connector, Writer};
use crate::db::schema::idempotency_keys;
use crate::db::testing::{Backend, TestDb, connect};
use crate::db::{DatabaseUrl, DbError, on_either};

fn add(connection: &mut SqliteConnection, key: &str) -> Result<(), DbError> {
    let statement = format!(
        "INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, task_seq, created_at) \
         VALUES ('u', '{key}', '{}', 1, 1, 1)",
        "0".repeat(64)
    );
    Ok(connection.batch_execute(&statement)?)
}

fn keys(db: &TestDb) -> Vec<String> {
    use idempotency_keys::{key, table};
    let query = table.select(key).order(key);
    db.run(|connection| on_either!(connection, inner => query.load(inner)).unwrap())
}

fn start(db: &TestDb) -> Writer {
    let short = Duration::from_millis(300);
    let DatabaseUrl::Sqlite(path) = &db.url else { panic!("SQLite") };
    Writer::start(Connector::new(path, short), short).unwrap()
}

/// A writer that is busy until the returned end is dropped, so that what is sent until then becomes
/// one group.
async fn busy(writer: &Writer) -> impl Future<Output = Result<(), DbError>> {
    let (go_on, wait) = channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let writer = writer.clone();
    let held = actix_rt::spawn(async move {
        let work = move |_: &mut SqliteConnection| {
            let _ = begun.send(());
            let _ = wait.recv();
            Err(DbError::Unexpected("a group of its own".to_owned()))
        };
        writer.write::<(), _>(work).await
    });
    has_begun.await.unwrap();
    async move {
        // The writes of the test are in the queue by now.
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(go_on);
        held.await.unwrap()
    }
}

#[test]
fn a_write_that_fails_takes_nothing_of_its_neighbours_along() {
    let db = TestDb::new(Backend::Sqlite);
    actix_rt::System::new().block_on(async {
        let writer = start(&db);
        let group = busy(&writer).await;
        let writes = (0..9).map(|number| {
            writer.write(move |connection| {
                add(connection, &format!("{number}"))?;
                match number % 3 {
                    0 => Ok(number),
                    1 => Err(DbError::Unexpected("of its own".to_owned())),
                    _ => add(connection, "0").map(|()| number),
                }
            })
        });
        let (outcomes, held) = futures_util::future::join(join_all(writes), group).await;
        assert!(matches!(held, Err(DbError::Unexpected(_))), "{held:?}");
        for (number, outcome) in outcomes.into_iter().enumerate() {
            match number % 3 {
                0 => assert_eq!(outcome.ok(), Some(number)),
                1 => assert!(matches!(outcome, Err(DbError::Unexpected(_))), "{outcome:?}"),
                _ => assert!(matches!(outcome, Err(DbError::Conflict(_))), "{outcome:?}"),
            }
        }
    });
    assert_eq!(keys(&db), ["0", "3", "6"]);
}

#[test]
fn a_failing_disk_or_a_panic_stores_nothing_of_the_group_and_the_writer_lives_on() {
    let db = TestDb::new(Backend::Sqlite);
    actix_rt::System::new().block_on(async {
        let writer = start(&db);
        for panics in [false, true] {
            let group = busy(&writer).await;
            let good = writer.write(|connection| add(connection, "good"));
            let bad = writer.write(move |connection| {
                add(connection, "bad")?;
                assert!(!panics, "as the test wants it");
                Err::<(), _>(DbError::Unavailable("disk I/O error".to_owned()))
            });
            let (good, bad, _) = join3(good, bad, group).await;
            assert!(matches!(good, Err(DbError::Unavailable(_))), "{good:?}");
            assert_eq!(panics, matches!(bad, Err(DbError::Unexpected(_))), "{bad:?}");
            assert!(bad.is_err());
        }
        assert_eq!(keys(&db), [""; 0]);
        writer.write(|connection| add(connection, "later")).await.unwrap();
    });
    assert_eq!(keys(&db), ["later"]);
}

#[test]
fn what_is_answered_is_stored_however_many_come_at_once() {
    let db = TestDb::new(Backend::Sqlite);
    let mut other = connect(&db.url);
    actix_rt::System::new().block_on(async {
        let writer = start(&db);
        let group = busy(&writer).await;
        let writes = (0..300)
            .map(|number| writer.write(move |connection| add(connection, &format!("{number:03}"))));
        let (outcomes, _) = futures_util::future::join(join_all(writes), group).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        let count = idempotency_keys::table.count();
        let stored: i64 = on_either!(&mut other, inner => count.get_result(inner)).unwrap();
        assert_eq!(stored, 300);
    });
}

#[test]
fn while_the_file_is_locked_every_write_is_answered_in_time_and_the_next_one_is_done() {
    let db = TestDb::new(Backend::Sqlite);
    let mut other = connect(&db.url);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    actix_rt::System::new().block_on(async {
        let writer = start(&db);
        let writes = (0..20)
            .map(|number| writer.write(move |connection| add(connection, &format!("{number}"))));
        let told = tokio::time::timeout(Duration::from_secs(5), join_all(writes)).await;
        let outcomes = told.unwrap();
        let unavailable = |o: &Result<(), DbError>| matches!(o, Err(DbError::Unavailable(_)));
        assert!(outcomes.iter().all(unavailable), "{outcomes:?}");
        other.batch_execute("ROLLBACK").unwrap();
        writer.write(|connection| add(connection, "later")).await.unwrap();
    });
    assert_eq!(keys(&db), ["later"]);
}

/// Its client may be told that nothing happened, so nothing must happen: not at its turn, and not in the group of a
/// write that is done.
#[rstest]
fn a_write_whose_client_has_hung_up_is_not_begun(#[values(false, true)] is_in_a_group: bool) {
    let db = TestDb::new(Backend::Sqlite);
    actix_rt::System::new().block_on(async {
        let writer = start(&db);
        let group = busy(&writer).await;
        let mut before = pin!(writer.write(|_| Ok(())));
        if is_in_a_group {
            assert!(poll_immediate(before.as_mut()).await.is_none());
        }
        let abandoned = writer.write(|connection| add(connection, "abandoned"));
        let hung_up = tokio::time::timeout(Duration::from_millis(1), abandoned).await;
        assert!(hung_up.is_err());
        let _ = group.await;
        if is_in_a_group {
            before.await.unwrap();
        }
        writer.write(|connection| add(connection, "later")).await.unwrap();
    });
    assert_eq!(keys(&db), ["later"]);
}

/// Panics where it is dropped: in the thread itself, when the client is gone.
#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        let thread = std::thread::current();
        assert_ne!(thread.name(), Some("writer"), "as the test wants it");
    }
}

#[test]
fn after_a_panic_of_the_thread_itself_what_waits_is_unavailable_and_what_comes_is_done() {
    let db = TestDb::new(Backend::Sqlite);
    actix_rt::System::new().block_on(async {
        let writer = start(&db);
        let (go_on, wait) = channel::<()>();
        let mut hangs_up = Box::pin(writer.write(move |_| {
            let _ = wait.recv();
            Ok(Bomb)
        }));
        assert!(poll_immediate(&mut hangs_up).await.is_none());
        // The thread has begun it, for there is nothing else to do.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut waits = pin!(writer.write(|connection| add(connection, "stored or not")));
        assert!(poll_immediate(waits.as_mut()).await.is_none());
        drop(hangs_up);
        go_on.send(()).unwrap();
        let outcome = waits.await;
        assert!(matches!(outcome, Err(DbError::Unavailable(_))), "{outcome:?}");
        writer.write(|connection| add(connection, "later")).await.unwrap();
    });
    assert!(keys(&db).contains(&"later".to_owned()));
}

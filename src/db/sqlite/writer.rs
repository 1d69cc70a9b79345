//! The one writer of a SQLite file, which has room for one at a time anyway. Writes that arrive
//! together share a transaction, and so the one wait for the disk that makes them durable; each
//! is answered after that commit, and each has a savepoint of its own, so that one that fails takes
//! nothing of its neighbours along. Alone, a write waits for no other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use tokio::sync::oneshot;

use super::checkpointer::Checkpointer;
use super::connection::Connector;
use super::savepoint;
use crate::db::error::DbError;

/// How many writes share a transaction at most: the last one waits for the first.
const MAX_GROUP: usize = 256;

/// Room for all pages that a group of writes changes: what does not fit is written before its time and read again.
const CACHE_KIB: u32 = 16 * 1024;

/// A handle on the thread that writes, which ends with the last handle.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the thread. It connects when there is something to write.
    ///
    /// # Errors
    /// When the operating system starts no thread, neither for it nor for its [`Checkpointer`].
    pub(super) fn start(connector: Connector, queue_timeout: Duration) -> std::io::Result<Self> {
        let (queue, jobs) = channel();
        let checkpointer = Checkpointer::start(connector.clone())?;
        let thread = Thread { connector, queue_timeout, jobs, connection: None, checkpointer };
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || thread.run())?;
        Ok(Self { queue })
    }

    /// Has `work` done, and waits until it is durable.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when its turn did not come in time or the commit failed: then nothing
    /// of it was stored. Else what `work` reports.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let write = Write { work: Some(work), outcome: None, reply, queued: Instant::now() };
        // Without the thread the write is dropped, and its end of `answer` with it.
        let _ = self.queue.send(Box::new(write));
        match answer.await {
            Ok(outcome) => outcome,
            Err(gone) => Err(DbError::Unexpected(gone.to_string())),
        }
    }
}

/// A write on its way through the thread, whatever it returns.
trait Job: Send {
    /// Whether its client still waits for it, and not for too long.
    fn is_wanted(&self, queue_timeout: Duration) -> bool;
    /// Does it, and keeps the outcome.
    fn run(&mut self, connection: &mut SqliteConnection) -> Outcome;
    /// Tells the outcome, now that it is durable.
    fn done(self: Box<Self>);
    /// Tells that nothing was stored, and why, unless it failed by itself.
    fn undone(self: Box<Self>, why: &str);
}

enum Outcome {
    /// Its changes are to stay.
    Kept,
    /// It failed by a fault of its own.
    Failed,
    /// It failed because of the disk or another program: this transaction cannot go on.
    Stopped,
}

struct Write<T, F> {
    work: Option<F>,
    outcome: Option<Result<T, DbError>>,
    reply: oneshot::Sender<Result<T, DbError>>,
    queued: Instant,
}

impl<T, F> Job for Write<T, F>
where
    F: FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send,
    T: Send,
{
    fn is_wanted(&self, queue_timeout: Duration) -> bool {
        !self.reply.is_closed() && self.queued.elapsed() < queue_timeout
    }

    fn run(&mut self, connection: &mut SqliteConnection) -> Outcome {
        let Some(work) = self.work.take() else { return Outcome::Failed };
        // What a panic leaves behind is rolled back with the connection.
        match catch_unwind(AssertUnwindSafe(|| work(connection))) {
            Ok(outcome) => {
                let kind = match &outcome {
                    Ok(_) => Outcome::Kept,
                    Err(DbError::Unavailable(_)) => Outcome::Stopped,
                    Err(_) => Outcome::Failed,
                };
                self.outcome = Some(outcome);
                kind
            }
            Err(_) => {
                self.outcome = Some(Err(DbError::Unexpected("the write panicked".to_owned())));
                Outcome::Stopped
            }
        }
    }

    fn done(self: Box<Self>) {
        // The client may have hung up.
        if let Some(outcome) = self.outcome {
            let _ = self.reply.send(outcome);
        }
    }

    fn undone(self: Box<Self>, why: &str) {
        let failure = match self.outcome {
            Some(Err(own)) => own,
            _ => DbError::Unavailable(why.to_owned()),
        };
        let _ = self.reply.send(Err(failure));
    }
}

struct Thread {
    connector: Connector,
    /// How long a write waits for its turn.
    queue_timeout: Duration,
    jobs: Receiver<Box<dyn Job>>,
    connection: Option<SqliteConnection>,
    checkpointer: Checkpointer,
}

impl Thread {
    fn run(mut self) {
        while let Ok(job) = self.jobs.recv() {
            if !job.is_wanted(self.queue_timeout) {
                job.undone("its turn to write did not come in time");
                continue;
            }
            let mut group = vec![job];
            let written = self.write(&mut group);
            let tell: fn(Box<dyn Job>, &str) = match written {
                Ok(()) => |job, _| job.done(),
                Err(_) => |job, why| job.undone(why),
            };
            let why = written.err().map(|error| error.to_string()).unwrap_or_default();
            group.into_iter().for_each(|job| tell(job, &why));
        }
    }

    /// Does the first write of the group, and all others that are waiting by then, in one transaction.
    /// After an error nothing was stored, and the connection is not used again.
    fn write(&mut self, group: &mut Vec<Box<dyn Job>>) -> Result<(), DbError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connector.open(CACHE_KIB)?,
        };
        savepoint::begin(&mut connection)?;
        for index in 0..MAX_GROUP {
            let is_alone = index == 0;
            if !is_alone {
                let Ok(job) = self.jobs.try_recv() else { break };
                group.push(job);
                savepoint::save(&mut connection)?;
            }
            let Some(job) = group.last_mut() else { break };
            match job.run(&mut connection) {
                Outcome::Kept if is_alone => {}
                Outcome::Kept => savepoint::release(&mut connection)?,
                Outcome::Failed if is_alone => {
                    savepoint::roll_back(&mut connection)?;
                    self.connection = Some(connection);
                    return Ok(());
                }
                Outcome::Failed => savepoint::roll_back_to_savepoint(&mut connection)?,
                Outcome::Stopped => {
                    return Err(DbError::Unavailable("the transaction was given up".to_owned()));
                }
            }
        }
        savepoint::commit(&mut connection)?;
        self.connection = Some(connection);
        self.checkpointer.count(group.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use diesel::connection::SimpleConnection;
    use diesel::{QueryDsl, RunQueryDsl, SqliteConnection};
    use futures_util::future::{join_all, join3};

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
            let writes = (0..300).map(|number| {
                writer.write(move |connection| add(connection, &format!("{number:03}")))
            });
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
            let writes = (0..20).map(|number| {
                writer.write(move |connection| add(connection, &format!("{number}")))
            });
            let told = tokio::time::timeout(Duration::from_secs(5), join_all(writes)).await;
            let outcomes = told.unwrap();
            let unavailable = |o: &Result<(), DbError>| matches!(o, Err(DbError::Unavailable(_)));
            assert!(outcomes.iter().all(unavailable), "{outcomes:?}");
            other.batch_execute("ROLLBACK").unwrap();
            writer.write(|connection| add(connection, "later")).await.unwrap();
        });
        assert_eq!(keys(&db), ["later"]);
    }

    /// Its client may be told that nothing happened, so nothing must happen.
    #[test]
    fn a_write_whose_client_has_hung_up_is_not_begun() {
        let db = TestDb::new(Backend::Sqlite);
        actix_rt::System::new().block_on(async {
            let writer = start(&db);
            let group = busy(&writer).await;
            let abandoned = writer.write(|connection| add(connection, "abandoned"));
            let hung_up = tokio::time::timeout(Duration::from_millis(1), abandoned).await;
            assert!(hung_up.is_err());
            let _ = group.await;
            writer.write(|connection| add(connection, "later")).await.unwrap();
        });
        assert_eq!(keys(&db), ["later"]);
    }
}

//! Writes of several users in one statement on PostgreSQL, and so in one transaction and one wait for its
//! disk, as `writer.rs` does on SQLite. A worker sends what is there; what comes until it is answered
//! is the next group, so that a write that is alone waits for nobody. One that fails takes nothing of its
//! neighbours along: PostgreSQL undoes the statement, and each of the group is done alone.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;

use actix_web::rt;
use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::connection::PipelinedConnection;
use super::error::{DbError, is_outside};
use super::pipeline::Pipeline;
use super::pool::Db;
use super::purpose::Purpose;

/// How many writes share a statement at most: all of them wait for the last.
const MAX_GROUP: usize = 256;

/// A write that can share a statement with others.
pub(crate) trait GroupWrite: Sized + 'static {
    /// What it gives.
    type Done: 'static;

    /// Does all of them in one statement, and gives what each has given, in their order: `None` for one that was
    /// left out and must be done alone.
    async fn write_all(
        connection: &PipelinedConnection,
        writes: &[Self],
    ) -> QueryResult<Vec<Option<Self::Done>>>;
}

/// The writes of one worker, which has a connection of its own for them, or none.
pub(crate) struct Groups<W: GroupWrite>(Option<Rc<Queue<W>>>);

impl<W: GroupWrite> Groups<W> {
    /// For the thread that calls this.
    pub(crate) fn new(db: &Db) -> Self {
        let queue = |pipeline| {
            Rc::new(Queue {
                pipeline,
                waiting: RefCell::default(),
                is_sending: Cell::new(false),
                stands_still: Cell::new(false),
            })
        };
        Self(Pipeline::of(db, Purpose::Writes).map(queue))
    }

    /// Does it in a group, and returns when it is durable; or, where that cannot be, as `alone` does it.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when there was no answer: nobody knows then whether it is done. Else what `alone`
    /// reports.
    pub(crate) async fn write_or(
        &self,
        write: W,
        alone: impl AsyncFnOnce(W) -> Result<W::Done, DbError>,
    ) -> Result<W::Done, DbError> {
        let Some(queue) = self.0.as_ref().filter(|queue| !queue.stands_still.get()) else {
            return alone(write).await;
        };
        match queue.join(write).await {
            Ok(Outcome::Tried(outcome)) => outcome,
            Ok(Outcome::LeftOut(write)) => alone(write).await,
            Err(gone) => Err(DbError::Unexpected(gone.to_string())),
        }
    }
}

enum Outcome<W: GroupWrite> {
    Tried(Result<W::Done, DbError>),
    /// It was not done.
    LeftOut(W),
}

type Reply<W> = oneshot::Sender<Outcome<W>>;

struct Queue<W: GroupWrite> {
    pipeline: Rc<Pipeline>,
    waiting: RefCell<Vec<(W, Reply<W>)>>,
    is_sending: Cell<bool>,
    /// Whether a group has been waited for long enough.
    stands_still: Cell<bool>,
}

impl<W: GroupWrite> Queue<W> {
    fn join(self: &Rc<Self>, write: W) -> oneshot::Receiver<Outcome<W>> {
        let (reply, answer) = oneshot::channel();
        self.waiting.borrow_mut().push((write, reply));
        if !self.is_sending.replace(true) {
            rt::spawn(Sending(Rc::clone(self)).all());
        }
        answer
    }

    fn next_group(&self) -> Vec<(W, Reply<W>)> {
        let mut waiting = self.waiting.borrow_mut();
        // Whoever has hung up may be told that nothing happened, so nothing must happen.
        waiting.retain(|(_, reply)| !reply.is_closed());
        let size = waiting.len().min(MAX_GROUP);
        waiting.drain(..size).collect()
    }

    async fn send(&self, group: Vec<(W, Reply<W>)>) {
        let (writes, replies): (Vec<W>, Vec<Reply<W>>) = group.into_iter().unzip();
        let statement = async |connection: &_| W::write_all(connection, &writes).await;
        let answer = {
            let mut answer = pin!(self.pipeline.send(statement));
            match timeout(Purpose::Writes.standstill(), answer.as_mut()).await {
                Ok(answer) => answer,
                Err(_) => {
                    self.stands_still.set(true);
                    leave_out(self.waiting.take());
                    answer.await
                }
            }
        };
        self.stands_still.set(false);
        let why = match answer {
            Some(Ok(Ok(done))) => return tell(writes, replies, done),
            None => return leave_out(writes.into_iter().zip(replies)),
            Some(Ok(Err(error))) if is_undone(&error) => {
                return leave_out(writes.into_iter().zip(replies));
            }
            Some(Ok(Err(error))) => error.into(),
            Some(Err(silence)) => silence,
        };
        for reply in replies {
            // Whoever asked may have hung up.
            let _ = reply.send(Outcome::Tried(Err(same(&why))));
        }
    }
}

fn tell<W: GroupWrite>(writes: Vec<W>, replies: Vec<Reply<W>>, done: Vec<Option<W::Done>>) {
    for ((write, reply), done) in writes.into_iter().zip(replies).zip(done) {
        let left_out = Outcome::LeftOut(write);
        let _ = reply.send(done.map_or(left_out, |done| Outcome::Tried(Ok(done))));
    }
}

fn leave_out<W: GroupWrite>(group: impl IntoIterator<Item = (W, Reply<W>)>) {
    for (write, reply) in group {
        let _ = reply.send(Outcome::LeftOut(write));
    }
}

/// The same for another one of the group.
fn same(why: &DbError) -> DbError {
    match why {
        DbError::Unavailable(text) => DbError::Unavailable(text.clone()),
        other => DbError::Unexpected(other.to_string()),
    }
}

/// Whether PostgreSQL itself has said that the statement failed, and for no reason outside of it.
fn is_undone(error: &Error) -> bool {
    use DatabaseErrorKind::*;
    let Error::DatabaseError(kind, information) = error else {
        return false;
    };
    match kind {
        UniqueViolation | ForeignKeyViolation | NotNullViolation | CheckViolation
        | RestrictViolation | ExclusionViolation | SerializationFailure => true,
        Unknown => !is_outside(information.message()),
        _ => false,
    }
}

/// The one that sends what waits. Its end, also by a panic, lets another begin.
struct Sending<W: GroupWrite>(Rc<Queue<W>>);

impl<W: GroupWrite> Sending<W> {
    async fn all(self) {
        loop {
            let group = self.0.next_group();
            if group.is_empty() {
                return;
            }
            self.0.send(group).await;
        }
    }
}

impl<W: GroupWrite> Drop for Sending<W> {
    fn drop(&mut self) {
        self.0.is_sending.set(false);
        self.0.stands_still.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use diesel::connection::SimpleConnection;
    use diesel::sql_types::Text;
    use diesel::{QueryDsl, RunQueryDsl};
    use tokio::time::timeout;

    use super::*;
    use crate::db::DbSettings;
    use crate::db::schema::idempotency_keys;
    use crate::db::testing::{Backend, TestDb, connect};

    /// A key to store, or a panic.
    struct Note(&'static str);

    impl GroupWrite for Note {
        type Done = ();

        async fn write_all(
            mut connection: &PipelinedConnection,
            notes: &[Self],
        ) -> QueryResult<Vec<Option<()>>> {
            for Note(key) in notes {
                assert_ne!(*key, "panic");
                let statement = diesel::sql_query(
                    "INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, created_at) \
                     VALUES ('u', $1, repeat('0', 64), 1, 1)",
                );
                let statement = statement.bind::<Text, _>(key);
                diesel_async::RunQueryDsl::execute(statement, &mut connection).await?;
            }
            Ok(notes.iter().map(|_| Some(())).collect())
        }
    }

    /// Runs a test with groups whose connection is there, and gives the keys that it has stored.
    fn stored(test: impl AsyncFnOnce(&TestDb, &Groups<Note>)) -> Vec<String> {
        use idempotency_keys::{key, table};
        let db = TestDb::new(Backend::Postgres);
        actix_rt::System::new().block_on(async {
            let settings = DbSettings::of(db.url.clone());
            let groups = Groups::new(&Db::connect(&settings).unwrap());
            let absent = async |_| Err(DbError::Unexpected("not yet".to_owned()));
            while groups.write_or(Note("first"), absent).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            test(&db, &groups).await;
        });
        db.run(|connection| table.select(key).order(key).load(connection).unwrap())
    }

    async fn never_alone(_: Note) -> Result<(), DbError> {
        panic!("it was left out")
    }

    #[test]
    fn a_write_that_nobody_waits_for_any_longer_is_not_begun() {
        let keys = stored(async |db, groups| {
            let mut other = connect(&db.url);
            other.batch_execute("BEGIN; LOCK TABLE idempotency_keys").unwrap();
            let held = groups.write_or(Note("held"), never_alone);
            let later = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let abandoned = groups.write_or(Note("abandoned"), never_alone);
                assert!(timeout(Duration::from_millis(50), abandoned).await.is_err());
                other.batch_execute("ROLLBACK").unwrap();
                groups.write_or(Note("later"), never_alone).await
            };
            let (held, later) = futures_util::future::join(held, later).await;
            assert!(held.is_ok() && later.is_ok(), "{held:?}, {later:?}");
        });
        assert_eq!(keys, ["first", "held", "later"]);
    }

    #[test]
    fn a_panic_holds_up_nobody_who_comes_later() {
        let keys = stored(async |_, groups| {
            let panicked = groups.write_or(Note("panic"), never_alone).await;
            assert!(matches!(panicked, Err(DbError::Unexpected(_))), "{panicked:?}");
            groups.write_or(Note("later"), never_alone).await.unwrap();
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
        ] {
            assert!(is_undone(&undone), "{undone:?}");
        }
        for unknown in [
            reported(DatabaseErrorKind::UnableToSendCommand, "connection closed"),
            reported(DatabaseErrorKind::ClosedConnection, ""),
            reported(DatabaseErrorKind::Unknown, "terminating connection due to administrator"),
            reported(DatabaseErrorKind::ReadOnlyTransaction, "cannot execute INSERT"),
            Error::DeserializationError("a column is missing".into()),
        ] {
            assert!(!is_undone(&unknown), "{unknown:?}");
        }
    }
}

//! Writes of several users in one statement, and so in one transaction and one wait for the disk. A worker
//! sends what is there; what comes until it is answered is the next batch, so a write that is alone waits for no
//! other, and is a plain statement. One that fails takes nothing of its neighbours along: PostgreSQL undoes the
//! statement, and each write of the batch is done alone.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::AsyncPgConnection;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Postgres;
use super::pipeline::{Pipeline, WRITES_STAND_STILL};
use super::shares::Purpose;
use crate::db::error::{DbError, is_outside};

/// How many writes share a statement at most: all of them wait for the last.
const MAX_BATCH: usize = 256;

/// A write that can share a statement with others.
pub(crate) trait BatchWrite: Sized + 'static {
    /// What it gives.
    type Done: 'static;

    /// Does this one by a plain statement.
    async fn write_alone(connection: &AsyncPgConnection, write: &Self) -> QueryResult<Self::Done>;

    /// Does all of them in one statement, and gives what each has given, in their order: `None` for one that was
    /// left out and must be done alone.
    async fn write_all(
        connection: &AsyncPgConnection,
        writes: &[Self],
    ) -> QueryResult<Vec<Option<Self::Done>>>;
}

/// A worker's own connection for writes, or none. The batches of all kinds share it.
pub(crate) struct BatchConnection(Option<Rc<Pipeline>>);

impl BatchConnection {
    /// For the thread that calls this.
    pub(crate) fn new(db: &Postgres) -> Self {
        Self(Pipeline::of(db, Purpose::Writes))
    }

    /// Without a connection: each write is done alone.
    pub(crate) fn none() -> Self {
        Self(None)
    }
}

/// The writes of one kind of one worker.
pub(crate) struct Batch<W: BatchWrite>(Option<Rc<Queue<W>>>);

impl<W: BatchWrite> Batch<W> {
    /// On this connection.
    pub(crate) fn new(connection: &BatchConnection) -> Self {
        let queue = |pipeline: &Rc<Pipeline>| {
            Rc::new(Queue {
                pipeline: Rc::clone(pipeline),
                waiting: RefCell::default(),
                is_sending: Cell::new(false),
                stands_still: Cell::new(false),
            })
        };
        Self(connection.0.as_ref().map(queue))
    }

    /// Does it in a batch, and returns when it is durable; or, where that cannot be, as `alone` does it.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when there was no answer: whether it is done is unknown then. Else what `alone`
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
            Ok(Fate::Tried(outcome)) => outcome,
            Ok(Fate::LeftOut(write)) => alone(write).await,
            Err(gone) => Err(DbError::Unexpected(gone.to_string())),
        }
    }
}

enum Fate<W: BatchWrite> {
    Tried(Result<W::Done, DbError>),
    /// It was not done.
    LeftOut(W),
}

type Reply<W> = oneshot::Sender<Fate<W>>;

struct Queue<W: BatchWrite> {
    pipeline: Rc<Pipeline>,
    waiting: RefCell<Vec<(W, Reply<W>)>>,
    is_sending: Cell<bool>,
    /// Whether a batch has been waited for long enough.
    stands_still: Cell<bool>,
}

impl<W: BatchWrite> Queue<W> {
    fn join(self: &Rc<Self>, write: W) -> oneshot::Receiver<Fate<W>> {
        let (reply, answer) = oneshot::channel();
        self.waiting.borrow_mut().push((write, reply));
        if !self.is_sending.replace(true) {
            tokio::task::spawn_local(Sending(Rc::clone(self)).all());
        }
        answer
    }

    fn next_batch(&self) -> Vec<(W, Reply<W>)> {
        let mut waiting = self.waiting.borrow_mut();
        // A client that has hung up may be told that nothing happened, so nothing must happen.
        waiting.retain(|(_, reply)| !reply.is_closed());
        let size = waiting.len().min(MAX_BATCH);
        waiting.drain(..size).collect()
    }

    async fn send(&self, batch: Vec<(W, Reply<W>)>) {
        let (writes, replies): (Vec<W>, Vec<Reply<W>>) = batch.into_iter().unzip();
        let statement = async |connection: &_| match writes.as_slice() {
            [write] => Ok(vec![Some(W::write_alone(connection, write).await?)]),
            _ => W::write_all(connection, &writes).await,
        };
        let answer = {
            let mut answer = pin!(self.pipeline.send(self.pipeline.deadline(), statement));
            match timeout(WRITES_STAND_STILL, answer.as_mut()).await {
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
            // The client may have hung up.
            let _ = reply.send(Fate::Tried(Err(same(&why))));
        }
    }
}

fn tell<W: BatchWrite>(writes: Vec<W>, replies: Vec<Reply<W>>, done: Vec<Option<W::Done>>) {
    for ((write, reply), done) in writes.into_iter().zip(replies).zip(done) {
        let left_out = Fate::LeftOut(write);
        let _ = reply.send(done.map_or(left_out, |done| Fate::Tried(Ok(done))));
    }
}

fn leave_out<W: BatchWrite>(batch: impl IntoIterator<Item = (W, Reply<W>)>) {
    for (write, reply) in batch {
        let _ = reply.send(Fate::LeftOut(write));
    }
}

/// The same for another one of the batch.
fn same(why: &DbError) -> DbError {
    match why {
        DbError::Unavailable(text) => DbError::Unavailable(text.clone()),
        other => DbError::Unexpected(other.to_string()),
    }
}

/// Whether PostgreSQL itself has said that the statement failed, and for no reason outside of it but another
/// transaction's lock.
fn is_undone(error: &Error) -> bool {
    use DatabaseErrorKind::*;
    let Error::DatabaseError(kind, information) = error else {
        return false;
    };
    match kind {
        UniqueViolation | ForeignKeyViolation | NotNullViolation | CheckViolation
        | RestrictViolation | ExclusionViolation | SerializationFailure => true,
        Unknown => {
            let message = information.message();
            message.contains("due to lock timeout") || !is_outside(message)
        }
        _ => false,
    }
}

/// The task that sends what waits. Its end, also by a panic, lets another begin.
struct Sending<W: BatchWrite>(Rc<Queue<W>>);

impl<W: BatchWrite> Sending<W> {
    async fn all(self) {
        loop {
            let batch = self.0.next_batch();
            if batch.is_empty() {
                return;
            }
            self.0.send(batch).await;
        }
    }
}

impl<W: BatchWrite> Drop for Sending<W> {
    fn drop(&mut self) {
        self.0.is_sending.set(false);
        self.0.stands_still.set(false);
    }
}

#[cfg(test)]
mod tests;

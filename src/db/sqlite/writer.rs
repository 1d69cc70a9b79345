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
use super::{savepoint, thread};
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
        let mut thread = Thread { connector, queue_timeout, jobs, connection: None, checkpointer };
        thread::start("writer", move || thread.run())?;
        Ok(Self { queue })
    }

    /// Has `work` done, and waits until it is durable.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when its turn did not come in time or the commit failed: then nothing
    /// of it was stored. The same when the thread panicked: then it may be stored. Else what `work` reports.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let write = Write { work: Some(work), outcome: None, reply, queued: Instant::now() };
        // Where the thread panics, the write is dropped, and its end of `answer` with it.
        let _ = self.queue.send(Box::new(write));
        let gone = |_| DbError::Unavailable("the thread that writes panicked".to_owned());
        answer.await.map_err(gone)?
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
    fn run(&mut self) {
        while let Ok(job) = self.jobs.recv() {
            let Some(job) = self.wanted(job) else { continue };
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

    /// The write, unless its client was told that it is not done, or is about to be.
    fn wanted(&self, job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        if job.is_wanted(self.queue_timeout) {
            return Some(job);
        }
        job.undone("its turn to write did not come in time");
        None
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
                let Some(job) = self.wanted(job) else { continue };
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
mod tests;

//! The only door to the rows. Every method takes the proof of ownership and reaches nothing but this owner's rows,
//! so another user's task is as absent as one that never was.
//!
//! [`queries`] holds each statement once, for both databases; [`sqlite`] and [`postgres`] say how each is run.

mod batch;
mod postgres;
mod queries;
mod sqlite;
mod statement;
#[cfg(test)]
mod tests;

use self::postgres::PostgresTasks;
use self::sqlite::SqliteTasks;
use super::idempotency::{Fingerprint, IdempotencyKey, LIFETIME_MICROS};
use super::list::page::Page;
use super::list::params::ListParams;
use super::request::precondition::{Precondition, Written};
use super::task::etag::EntityTag;
use super::task::id::TaskId;
use super::task::model::{NewTask, Task, TaskChanges};
use crate::auth::OwnerId;
use crate::db::{Db, DbError, Timestamp};

/// How often a write is tried when its task or its key changes at the wrong moment.
const ATTEMPTS: usize = 5;

/// What became of a request for a new task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// It is there; or it was made by an equal request before, and this is how.
    Task(Task),
    /// The owner has as many tasks as one may have.
    LimitReached,
    /// The idempotency key belongs to a request for another task.
    KeyReused,
}

/// The tasks of all users, as one worker thread reaches them.
pub(crate) struct TaskStore {
    database: Database,
    /// How many tasks one user may have.
    limit: i64,
}

#[expect(clippy::large_enum_variant, reason = "there is one for each worker")]
enum Database {
    Sqlite(SqliteTasks),
    Postgres(PostgresTasks),
}

/// Calls the same function of whichever database it is.
macro_rules! on_either {
    ($store:expr, $database:ident => $call:expr) => {
        match &$store.database {
            Database::Sqlite($database) => $call.await,
            Database::Postgres($database) => $call.await,
        }
    };
}

impl TaskStore {
    /// For the thread that calls this.
    pub(crate) fn new(db: &Db, max_tasks_per_user: i64) -> Self {
        let database = match db {
            Db::Sqlite(sqlite) => Database::Sqlite(SqliteTasks::new(sqlite)),
            Db::Postgres(postgres) => Database::Postgres(PostgresTasks::new(postgres)),
        };
        Self { database, limit: max_tasks_per_user }
    }

    /// Of a test's database, inside an actix system.
    #[cfg(test)]
    pub(in crate::tasks) fn for_tests(db: &crate::db::testing::TestDb) -> Self {
        let settings = crate::db::DbSettings::of(db.url.clone());
        Self::new(&Db::connect(&settings).unwrap(), settings.max_tasks_per_user)
    }

    /// One of the owner's tasks.
    ///
    /// # Errors
    /// [`DbError`], as every method.
    pub(in crate::tasks) async fn find(
        &self,
        owner: &OwnerId,
        id: TaskId,
    ) -> Result<Option<Task>, DbError> {
        on_either!(self, database => database.find(owner, id))
    }

    /// One page of the owner's tasks.
    pub(in crate::tasks) async fn list(
        &self,
        owner: &OwnerId,
        params: &ListParams,
    ) -> Result<Page, DbError> {
        on_either!(self, database => database.list(owner, params))
    }

    /// At most `limit` of the owner's tasks, oldest first, after one of them.
    pub(in crate::tasks) async fn batch(
        &self,
        owner: &OwnerId,
        after: Option<TaskId>,
        limit: u16,
    ) -> Result<Vec<Task>, DbError> {
        let above = after.map_or(0, TaskId::to_i64);
        on_either!(self, database => database.oldest(owner, above, i64::from(limit)))
    }

    /// Stores a new task.
    pub(in crate::tasks) async fn create(
        &self,
        owner: &OwnerId,
        new: NewTask,
    ) -> Result<Created, DbError> {
        let made = on_either!(self, database => database.create(owner, new, self.limit))?;
        Ok(made.map_or(Created::LimitReached, Created::Task))
    }

    /// Stores a new task under a key, or gives the task as an equal request has made it while the key was kept,
    /// whatever has become of it since.
    pub(in crate::tasks) async fn create_once(
        &self,
        owner: &OwnerId,
        new: &NewTask,
        key: &IdempotencyKey,
    ) -> Result<Created, DbError> {
        let fingerprint = Fingerprint::of(new);
        for _ in 0..ATTEMPTS {
            let keyed = Keyed { key, fingerprint: &fingerprint };
            let made =
                on_either!(self, database => database.create_keyed(owner, new, self.limit, keyed));
            let is_full = match made {
                Ok(Some(task)) => return Ok(Created::Task(task)),
                Ok(None) => true,
                // An equal request was first, or has just been.
                Err(DbError::Conflict(_)) => false,
                Err(error) => return Err(error),
            };
            match on_either!(self, database => database.find_key(owner, key))? {
                Some(first) if first.fingerprint == fingerprint.as_str() => {
                    return Ok(Created::Task(new.as_stored(
                        owner,
                        (first.id, first.seq),
                        first.at,
                    )));
                }
                Some(_) => return Ok(Created::KeyReused),
                None if is_full => return Ok(Created::LimitReached),
                // The key was erased in between, so it is free.
                None => {}
            }
        }
        Err(DbError::Unavailable(format!("the key changed {ATTEMPTS} times")))
    }

    /// Changes a task. Without any change it is only read, and compared.
    pub(in crate::tasks) async fn update(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        precondition: &Precondition,
    ) -> Result<Written<Task>, DbError> {
        if changes.is_empty() {
            return Ok(match self.find(owner, id).await? {
                Some(task) if precondition.holds_for(&task) => Written::Done(task),
                found => absent_or_stale(found),
            });
        }
        let write = async |expected| on_either!(self, database => database.change(owner, id, changes, expected));
        self.write_if(owner, id, precondition, write).await
    }

    /// Sets `completed`, or flips it with `None`: in one statement, so that no two flips can undo each other unseen.
    pub(in crate::tasks) async fn complete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        completed: Option<bool>,
        precondition: &Precondition,
    ) -> Result<Written<Task>, DbError> {
        let write = async |expected| on_either!(self, database => database.complete(owner, id, completed, expected));
        self.write_if(owner, id, precondition, write).await
    }

    /// Deletes a task.
    pub(in crate::tasks) async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<Written<()>, DbError> {
        let write = async |expected| {
            let deleted = on_either!(self, database => database.delete(owner, id, expected))?;
            Ok(deleted.then_some(()))
        };
        self.write_if(owner, id, precondition, write).await
    }

    /// Deletes the owner's completed tasks and returns how many they were.
    pub(in crate::tasks) async fn delete_completed(
        &self,
        owner: &OwnerId,
    ) -> Result<usize, DbError> {
        on_either!(self, database => database.delete_completed(owner))
    }

    /// Deletes everything there is of the owner, or nothing if any of it fails.
    pub(in crate::tasks) async fn erase(&self, owner: &OwnerId) -> Result<(), DbError> {
        on_either!(self, database => database.erase(owner))
    }

    /// Writes under a precondition. The comparison of a single `seq` is part of the statement that writes. Of
    /// several, the one that the task has is looked up first: a `seq` never comes back, so it can only be lost.
    async fn write_if<T>(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
        write: impl AsyncFn(Option<i64>) -> Result<Option<T>, DbError>,
    ) -> Result<Written<T>, DbError> {
        let single = match precondition {
            Precondition::Exists => {
                return Ok(write(None).await?.map_or(Written::Absent, Written::Done));
            }
            Precondition::OneOf(seqs) => match seqs.as_slice() {
                [seq] => Some(*seq),
                _ => None,
            },
        };
        for _ in 0..ATTEMPTS {
            let expected = match single {
                Some(seq) => seq,
                None => match self.find(owner, id).await? {
                    Some(task) if precondition.holds_for(&task) => task.seq,
                    found => return Ok(absent_or_stale(found)),
                },
            };
            if let Some(done) = write(Some(expected)).await? {
                return Ok(Written::Done(done));
            }
            if single.is_some() {
                break;
            }
        }
        // Only now is the task read, to tell one that has changed from one that is not there.
        Ok(absent_or_stale(self.find(owner, id).await?))
    }
}

fn absent_or_stale<T>(found: Option<Task>) -> Written<T> {
    found.map_or(Written::Absent, |task| Written::Stale(EntityTag::of(&task)))
}

/// A key and what its request asked for.
#[derive(Clone, Copy)]
struct Keyed<'a> {
    key: &'a IdempotencyKey,
    fingerprint: &'a Fingerprint,
}

/// The first request with a key.
struct FirstUse {
    fingerprint: String,
    id: TaskId,
    seq: i64,
    at: Timestamp,
}

impl From<(String, TaskId, i64, Timestamp)> for FirstUse {
    fn from((fingerprint, id, seq, at): (String, TaskId, i64, Timestamp)) -> Self {
        Self { fingerprint, id, seq, at }
    }
}

/// When a key must have been used that has expired now.
fn expiry(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_sub(LIFETIME_MICROS))
}

/// Deletes the expired idempotency keys of all users, and returns how many.
///
/// # Errors
/// [`DbError`] when the database refuses.
pub(crate) async fn purge_idempotency_keys(db: &Db) -> Result<usize, DbError> {
    let until = expiry(Timestamp::now());
    match db {
        Db::Sqlite(sqlite) => sqlite::purge_keys(sqlite, until).await,
        Db::Postgres(postgres) => postgres::purge_keys(postgres, until).await,
    }
}

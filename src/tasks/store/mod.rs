//! The only door to the rows. Every method takes the proof of ownership and reaches nothing but this owner's rows,
//! so another user's task is as absent as one that never was.
//!
//! [`queries`] holds each statement once and [`operations`] each use of them once, for both databases. A [`Worker`]
//! runs the operations; on PostgreSQL new and completed tasks go in batches ([`batch`]).

#[macro_use]
mod session;
#[macro_use]
mod statement;

mod batch;
mod bulk;
mod clearing;
mod feed;
mod once;
mod operations;
mod poll;
mod purge;
mod queries;
#[cfg(test)]
mod tests;
mod trash;

use diesel::QueryResult;

use self::batch::{Completion, Creation};
pub(in crate::tasks) use self::bulk::BulkWritten;
pub(crate) use self::poll::OwnerStates;
pub(crate) use self::purge::{purge_idempotency_keys, purge_trash};
pub(in crate::tasks) use self::trash::Restored;
use super::events::Hub;
use super::list::page::Page;
use super::list::params::ListParams;
use super::request::precondition::{Precondition, Written};
use super::task::etag::EntityTag;
use super::task::id::TaskId;
use super::task::model::{NewTask, Task, TaskChanges};
use crate::auth::OwnerId;
use crate::db::{Batch, Db, DbError, DbSettings, Session, Worker};

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
    worker: Worker,
    creations: Batch<Creation>,
    completions: Batch<Completion>,
    rules: TaskRules,
    hub: Hub,
}

/// What an operator decides about tasks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskRules {
    /// How many tasks one user may have.
    limit: i64,
    /// For how many days a deleted task can be restored.
    trash_days: u32,
}

impl TaskRules {
    /// From the settings.
    pub(crate) fn of(settings: &DbSettings) -> Self {
        Self { limit: settings.max_tasks_per_user, trash_days: settings.trash_days }
    }
}

impl TaskStore {
    /// For the thread that calls this.
    pub(crate) fn new(db: &Db, rules: TaskRules, hub: Hub) -> Self {
        let worker = Worker::new(db);
        let batches = worker.batches();
        let (creations, completions) = (Batch::new(&batches), Batch::new(&batches));
        Self { worker, creations, completions, rules, hub }
    }

    /// Of a test's database, inside an actix system.
    #[cfg(test)]
    pub(in crate::tasks) fn for_tests(db: &crate::db::testing::TestDb) -> Self {
        let settings = DbSettings::of(db.url.clone());
        Self::new(&Db::connect(&settings).unwrap(), TaskRules::of(&settings), Hub::new(100))
    }

    /// The same with so many tasks of one user at most.
    #[cfg(test)]
    fn limited_to(self, limit: i64) -> Self {
        Self { rules: TaskRules { limit, ..self.rules }, ..self }
    }

    /// How many tasks can be read by their ids in one statement.
    pub(in crate::tasks) const MOST_AT_ONCE: usize = queries::MOST_AT_ONCE;

    /// One of the owner's tasks.
    ///
    /// # Errors
    /// [`DbError`], as every method.
    pub(in crate::tasks) async fn find(
        &self,
        owner: &OwnerId,
        id: TaskId,
    ) -> Result<Option<Task>, DbError> {
        let (user, owner) = (owner.as_str(), owner.clone());
        self.worker.read(user, async move |s| operations::find(s, &owner, id).await).await
    }

    /// One page of the owner's tasks.
    pub(in crate::tasks) async fn list(
        &self,
        owner: &OwnerId,
        params: &ListParams,
    ) -> Result<Page, DbError> {
        let by_key = params.reads_by_key();
        let (user, owner, params) = (owner.as_str(), owner.clone(), params.clone());
        let page = async move |s: Session<'_>| operations::page(s, &owner, &params).await;
        if by_key { self.worker.read(user, page).await } else { self.worker.scan(user, page).await }
    }

    /// At most `limit` of the owner's tasks, oldest first, after one of them.
    pub(in crate::tasks) async fn batch(
        &self,
        owner: &OwnerId,
        after: Option<TaskId>,
        limit: u16,
    ) -> Result<Vec<Task>, DbError> {
        let (above, limit) = (after.map_or(0, TaskId::to_i64), i64::from(limit));
        let (user, owner) = (owner.as_str(), owner.clone());
        let oldest = async move |s: Session<'_>| operations::oldest(s, &owner, above, limit).await;
        self.worker.scan(user, oldest).await
    }

    /// Those of the owner's tasks that have one of these ids, at most [`Self::MOST_AT_ONCE`], in any order.
    pub(in crate::tasks) async fn several(
        &self,
        owner: &OwnerId,
        ids: &[TaskId],
    ) -> Result<Vec<Task>, DbError> {
        let (user, owner, ids) = (owner.as_str(), owner.clone(), ids.to_vec());
        self.worker.read(user, async move |s| operations::several(s, &owner, &ids).await).await
    }

    /// Stores a new task.
    pub(in crate::tasks) async fn create(
        &self,
        owner: &OwnerId,
        new: NewTask,
    ) -> Result<Created, DbError> {
        let creation = Creation { owner: owner.clone(), new, limit: self.rules.limit };
        let alone = async |creation: Creation| {
            self.write(owner, async move |s| creation.write(s).await).await
        };
        let made = self.worker.in_time(Box::pin(self.creations.write_or(creation, alone))).await?;
        self.hub.wrote(owner);
        Ok(made.map_or(Created::LimitReached, Created::Task))
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
        let write = async |expected| {
            let (mine, changes) = (owner.clone(), changes.clone());
            let change = async move |s: Session<'_>| {
                operations::change(s, &mine, id, &changes, expected).await
            };
            self.write(owner, change).await
        };
        self.worker.in_time(Box::pin(self.write_if(owner, id, precondition, write))).await
    }

    /// Sets `completed`, or flips it with `None`: in one statement, so that no two flips can undo each other unseen.
    pub(in crate::tasks) async fn complete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        completed: Option<bool>,
        precondition: &Precondition,
    ) -> Result<Written<Task>, DbError> {
        let write = async |expected: Option<i64>| {
            let completion = Completion { owner: owner.clone(), id, completed };
            let alone = async |completion: Completion| {
                self.write(owner, async move |s| completion.write(s, expected).await).await
            };
            match expected {
                None => {
                    let done = self.completions.write_or(completion, alone).await?;
                    self.hub.wrote(owner);
                    Ok(done)
                }
                Some(_) => alone(completion).await,
            }
        };
        self.worker.in_time(Box::pin(self.write_if(owner, id, precondition, write))).await
    }

    /// Moves a task to the trash.
    pub(in crate::tasks) async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<Written<()>, DbError> {
        let write = async |expected| {
            let (mine, keeps) = (owner.clone(), self.keeps());
            let delete =
                async move |s: Session<'_>| operations::delete(s, &mine, id, expected, keeps).await;
            Ok(self.write(owner, delete).await?.then_some(()))
        };
        self.worker.in_time(Box::pin(self.write_if(owner, id, precondition, write))).await
    }

    /// Whether what is deleted can be restored.
    fn keeps(&self) -> bool {
        self.rules.trash_days > 0
    }

    /// Writes, and tells those who listen, whatever came of it.
    async fn write<T: Send + 'static>(
        &self,
        owner: &OwnerId,
        work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DbError> {
        let done = self.worker.write(owner.as_str(), work).await;
        self.hub.wrote(owner);
        done
    }

    /// As [`TaskStore::write`], by several statements that count together.
    async fn transaction<T: Send + 'static>(
        &self,
        owner: &OwnerId,
        work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DbError> {
        let done = self.worker.transaction(owner.as_str(), work).await;
        self.hub.wrote(owner);
        done
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
        let Precondition::OneOf(seqs) = precondition else {
            return Ok(write(None).await?.map_or(Written::Absent, Written::Done));
        };
        for _ in 0..ATTEMPTS {
            let (expected, is_only) = match (seqs.as_slice(), seqs.len()) {
                ([seq], _) => (*seq, true),
                _ => match self.find(owner, id).await? {
                    Some(task) if precondition.holds_for(&task) => (task.seq, false),
                    found => return Ok(absent_or_stale(found)),
                },
            };
            match write(Some(expected)).await? {
                Some(done) => return Ok(Written::Done(done)),
                None if is_only => break,
                None => {}
            }
        }
        // Only now is the task read, to tell one that has changed from one that is not there.
        Ok(absent_or_stale(self.find(owner, id).await?))
    }
}

fn absent_or_stale<T>(found: Option<Task>) -> Written<T> {
    found.map_or(Written::Absent, |task| Written::Stale(EntityTag::of(&task)))
}

//! The writes that go to PostgreSQL in groups where they can: new tasks, and tasks that are done or no longer. What is
//! left out of a group is done alone, as on SQLite, whose writer forms groups of all writes by itself.

mod completion;
mod creation;
mod write;

use self::completion::Completion;
use self::creation::Creation;
use self::write::Write;
use super::id::TaskId;
use super::model::{NewTask, Task, TaskChanges};
use super::precondition::{Precondition, Written};
use super::repository;
use crate::auth::OwnerId;
use crate::db::{Db, DbError, Groups};

/// What one worker writes in groups.
pub(crate) struct GroupedWrites {
    db: Db,
    groups: Groups<Write>,
}

impl GroupedWrites {
    /// For the thread that calls this.
    pub(crate) fn new(db: Db) -> Self {
        let groups = Groups::new(&db);
        Self { db, groups }
    }

    /// Stores a new task and returns it.
    pub(super) async fn create(&self, owner: OwnerId, new: NewTask) -> Result<Task, DbError> {
        match self.write(Write::Creation(Creation { owner, new })).await? {
            Written::Done(task) => Ok(task),
            Written::Stale(_) | Written::Absent => Err(DbError::Unexpected(
                "a new task was answered as one that had been there".to_owned(),
            )),
        }
    }

    /// Sets `completed`, or flips it with `None`, and returns the task.
    pub(super) async fn complete(
        &self,
        owner: OwnerId,
        id: TaskId,
        completed: Option<bool>,
        precondition: Precondition,
    ) -> Result<Written<Task>, DbError> {
        let completion = Completion { owner, id, completed };
        match precondition {
            Precondition::Exists => self.write(Write::Completion(completion)).await,
            of_versions => complete_alone(&self.db, completion, of_versions).await,
        }
    }

    async fn write(&self, write: Write) -> Result<Written<Task>, DbError> {
        let alone = async |write| match write {
            Write::Creation(creation) => create_alone(&self.db, creation).await,
            Write::Completion(completion) => {
                complete_alone(&self.db, completion, Precondition::Exists).await
            }
        };
        self.groups.write_or(write, alone).await
    }
}

async fn create_alone(
    db: &Db,
    Creation { owner, new }: Creation,
) -> Result<Written<Task>, DbError> {
    let insert = move |connection: &mut _, owner: &_| repository::insert(connection, owner, &new);
    db.write_for(owner, insert).await.map(Written::Done)
}

async fn complete_alone(
    db: &Db,
    Completion { owner, id, completed }: Completion,
    precondition: Precondition,
) -> Result<Written<Task>, DbError> {
    let write = move |connection: &mut _, owner: &_| match completed {
        Some(_) => {
            let changes = TaskChanges { completed, ..TaskChanges::default() };
            repository::update(connection, owner, id, &changes, &precondition)
        }
        None => repository::toggle(connection, owner, id, &precondition),
    };
    db.write_for(owner, write).await
}

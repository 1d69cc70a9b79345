//! The writes that go to PostgreSQL in groups where they can: new tasks, and tasks that are done or no longer. What is
//! left out of a group is done alone, as on SQLite, whose writer forms groups of all writes by itself.

mod completion;
mod creation;

use self::completion::Completion;
use self::creation::Creation;
use super::id::TaskId;
use super::model::{NewTask, Task, TaskChanges};
use super::precondition::{Precondition, Written};
use super::repository;
use crate::auth::OwnerId;
use crate::db::{Db, DbError, GroupConnection, Groups};

/// What one worker writes in groups.
pub(crate) struct GroupedWrites {
    db: Db,
    creations: Groups<Creation>,
    completions: Groups<Completion>,
}

impl GroupedWrites {
    /// For the thread that calls this.
    pub(crate) fn new(db: Db) -> Self {
        let connection = GroupConnection::new(&db);
        let creations = Groups::new(&connection);
        Self { db, creations, completions: Groups::new(&connection) }
    }

    /// Stores a new task and returns it.
    pub(super) async fn create(&self, owner: OwnerId, new: NewTask) -> Result<Task, DbError> {
        let alone = async |Creation { owner, new }| {
            let insert =
                move |connection: &mut _, owner: &_| repository::insert(connection, owner, &new);
            self.db.write_for(owner, insert).await
        };
        self.creations.write_or(Creation { owner, new }, alone).await
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
            Precondition::Exists => {
                let alone =
                    async |completion| self.complete_alone(completion, Precondition::Exists).await;
                self.completions.write_or(completion, alone).await
            }
            of_versions => self.complete_alone(completion, of_versions).await,
        }
    }

    async fn complete_alone(
        &self,
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
        self.db.write_for(owner, write).await
    }
}

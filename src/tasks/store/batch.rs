//! The two writes that go in batches on PostgreSQL: new tasks, and tasks that are completed or reopened whatever their
//! `seq`.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;
use diesel::result::Error;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::operations;
use super::queries::{CompleteAll, InsertAll};
use crate::auth::OwnerId;
use crate::db::{BatchWrite, Session, Timestamp};
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, Task};

/// A task to store.
pub(super) struct Creation {
    pub(super) owner: OwnerId,
    pub(super) new: NewTask,
    pub(super) limit: i64,
}

impl Creation {
    /// Does it alone.
    pub(super) async fn write(&self, s: Session<'_>) -> QueryResult<Option<Task>> {
        operations::insert(s, &self.owner, &self.new, self.limit).await
    }
}

impl BatchWrite for Creation {
    /// `None` when the owner has as many tasks as one may have.
    type Done = Option<Task>;

    async fn write_alone(
        connection: &AsyncPgConnection,
        write: &Self,
    ) -> QueryResult<Option<Task>> {
        write.write(Session::Postgres(connection)).await
    }

    /// Those of an owner who would pass the limit are left out.
    async fn write_all(
        mut connection: &AsyncPgConnection,
        writes: &[Self],
    ) -> QueryResult<Vec<Option<Option<Task>>>> {
        let now = Timestamp::now();
        let limit = writes.first().map_or(0, |write| write.limit);
        let tasks: Vec<_> = writes.iter().map(|write| (&write.owner, &write.new)).collect();
        let insert = InsertAll::of(&tasks, limit, now);
        let before_last = insert.before_last().to_vec();
        let made: Vec<(String, TaskId, i64)> = RunQueryDsl::load(insert, &mut connection).await?;
        // The ids of an owner's new tasks follow each other, in the order of the writes.
        let mut by_owner: BTreeMap<&str, BTreeSet<(TaskId, i64)>> = BTreeMap::new();
        for (owner, id, seq) in &made {
            by_owner.entry(owner).or_default().insert((*id, *seq));
        }
        let mine = |(write, before_last): (&Self, i64)| {
            let mine = by_owner.get(write.owner.as_str())?;
            let index = usize::try_from(before_last).ok()?;
            let made = *mine.iter().rev().nth(index)?;
            Some(Some(write.new.as_stored(&write.owner, made, now)))
        };
        Ok(writes.iter().zip(before_last).map(mine).collect())
    }
}

/// A task to complete or to reopen.
pub(super) struct Completion {
    pub(super) owner: OwnerId,
    pub(super) id: TaskId,
    /// `None` flips it.
    pub(super) completed: Option<bool>,
}

impl Completion {
    /// Does it alone, where the task has the expected `seq`.
    pub(super) async fn write(
        &self,
        s: Session<'_>,
        expected: Option<i64>,
    ) -> QueryResult<Option<Task>> {
        operations::complete(s, &self.owner, self.id, self.completed, expected).await
    }

    fn names(&self, task: &Task) -> bool {
        self.owner.as_str() == task.user_id && self.id == task.id
    }
}

impl BatchWrite for Completion {
    /// `None` when there is no such task.
    type Done = Option<Task>;

    async fn write_alone(
        connection: &AsyncPgConnection,
        write: &Self,
    ) -> QueryResult<Option<Task>> {
        write.write(Session::Postgres(connection), None).await
    }

    async fn write_all(
        mut connection: &AsyncPgConnection,
        writes: &[Self],
    ) -> QueryResult<Vec<Option<Option<Task>>>> {
        let tasks: Vec<_> =
            writes.iter().map(|write| (&write.owner, write.id, write.completed)).collect();
        let complete = CompleteAll::of(&tasks, Timestamp::now());
        matched(writes, RunQueryDsl::load(complete, &mut connection).await?)
    }
}

/// What each write has given, in their order.
fn matched(
    writes: &[Completion],
    rows: Vec<(i64, Task)>,
) -> QueryResult<Vec<Option<Option<Task>>>> {
    let mut done: Vec<Option<Option<Task>>> = writes.iter().map(|_| None).collect();
    for (index, task) in rows {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let asked = writes.get(index).zip(done.get_mut(index));
        let (_, given) = asked.filter(|(asked, _)| asked.names(&task)).ok_or_else(|| {
            Error::DeserializationError("the answer is not to what was asked".into())
        })?;
        *given = Some(Some(task));
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(owner: &OwnerId, id: TaskId) -> Task {
        NewTask::for_tests(owner.as_str()).as_stored(owner, (id, 1), Timestamp::now())
    }

    /// Whatever the database answers.
    #[test]
    fn a_user_is_never_given_a_task_that_is_not_the_one_asked_for() {
        let [alice, bob] = ["alice", "bob"].map(OwnerId::for_tests);
        let [hers, his] = ["1", "2"].map(|id| TaskId::parse(id).unwrap());
        let asked = |owner: &OwnerId, id| Completion { owner: owner.clone(), id, completed: None };
        let writes = [asked(&alice, hers), asked(&bob, his)];

        let given = matched(&writes, vec![(1, task(&bob, his))]).unwrap();
        assert_eq!(given.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);

        for row in [
            (0, task(&bob, his)),
            (0, task(&alice, his)),
            (0, task(&bob, hers)),
            (2, task(&alice, hers)),
            (-1, task(&alice, hers)),
        ] {
            let given = matched(&writes, vec![row]);
            assert!(matches!(given, Err(Error::DeserializationError(_))), "{given:?}");
        }
    }
}

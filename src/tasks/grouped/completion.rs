//! Tasks that are done, or no longer, as one statement.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};

use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::db::schema::tasks;
use crate::tasks::id::TaskId;
use crate::tasks::model::Task;

/// A task to flip, as [`crate::tasks::repository::toggle`] does, or to set, as [`crate::tasks::repository::update`] does,
/// in whatever version it is.
pub(super) struct Completion {
    pub(super) owner: OwnerId,
    pub(super) id: TaskId,
    /// `None` flips it.
    pub(super) completed: Option<bool>,
}

impl Completion {
    fn names(&self, task: &Task) -> bool {
        self.owner.as_str() == task.user_id && self.id == task.id
    }
}

/// What each of them has given, in their order. `None` are tasks that are not there, that somebody else is writing,
/// and all but one of those who want the same task.
pub(super) fn matched(
    completions: &[&Completion],
    rows: Vec<(i64, Task)>,
) -> QueryResult<Vec<Option<Task>>> {
    let mut done: Vec<Option<Task>> = completions.iter().map(|_| None).collect();
    for (index, task) in rows {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let asked = completions.get(index).zip(done.get_mut(index));
        let (_, given) = asked.filter(|(asked, _)| asked.names(&task)).ok_or_else(|| {
            Error::DeserializationError("the answer belongs to nobody who asked".into())
        })?;
        *given = Some(task);
    }
    Ok(done)
}

/// `WITH` and `UPDATE`; gives each task with the place of who asked for it.
pub(super) struct Complete<'a> {
    owners: Vec<&'a str>,
    ids: Vec<TaskId>,
    completed: Vec<Option<bool>>,
    now: Timestamp,
}

impl<'a> Complete<'a> {
    pub(super) fn of(completions: &[&'a Completion], now: Timestamp) -> Self {
        Self {
            owners: completions.iter().map(|wanted| wanted.owner.as_str()).collect(),
            ids: completions.iter().map(|wanted| wanted.id).collect(),
            completed: completions.iter().map(|wanted| wanted.completed).collect(),
            now,
        }
    }

    /// What follows `WITH`. No row is waited for, so that nobody's transaction holds up the others, and no two groups
    /// each other.
    pub(super) fn walk_behind_with<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "free AS (SELECT tasks.user_id, tasks.id, wanted.completed, wanted.position - 1 AS index FROM unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.owners)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Bool>>, _>(&self.completed)?;
        out.push_sql(
            ") WITH ORDINALITY AS wanted (user_id, id, completed, position) \
             JOIN tasks USING (user_id, id) FOR NO KEY UPDATE OF tasks SKIP LOCKED) \
             UPDATE tasks SET completed = coalesce(free.completed, NOT tasks.completed), \
             version = tasks.version + 1, updated_at = ",
        );
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(
            " FROM free WHERE tasks.user_id = free.user_id AND tasks.id = free.id \
             RETURNING free.index, ",
        );
        tasks::all_columns.walk_ast(out.reborrow())
    }
}

impl QueryFragment<Pg> for Complete<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH ");
        self.walk_behind_with(out)
    }
}

impl Query for Complete<'_> {
    type SqlType = (BigInt, tasks::SqlType);
}

impl QueryId for Complete<'_> {
    type QueryId = Complete<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

#[cfg(test)]
mod tests {
    use diesel::result::Error;

    use super::{Completion, matched};
    use crate::auth::OwnerId;
    use crate::db::Timestamp;
    use crate::tasks::id::TaskId;
    use crate::tasks::model::{NewTask, Task};

    fn task(owner: &OwnerId, id: TaskId) -> Task {
        let new = NewTask { completed: true, ..NewTask::for_tests(owner.as_str()) };
        new.as_first_stored(owner, id, Timestamp::now())
    }

    /// Whatever the database answers.
    #[test]
    fn nobody_is_given_a_task_that_is_not_the_one_they_named() {
        let [alice, bob] = ["alice", "bob"].map(OwnerId::for_tests);
        let (hers, his) = (TaskId::mint(), TaskId::mint());
        let asked = |owner: &OwnerId, id| Completion { owner: owner.clone(), id, completed: None };
        let completions = [&asked(&alice, hers), &asked(&bob, his)];

        let given = matched(&completions, vec![(1, task(&bob, his))]).unwrap();
        assert_eq!(given.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);

        for row in [
            (0, task(&bob, his)),
            (0, task(&alice, his)),
            (0, task(&bob, hers)),
            (2, task(&alice, hers)),
            (-1, task(&alice, hers)),
        ] {
            let given = matched(&completions, vec![row]);
            assert!(matches!(given, Err(Error::DeserializationError(_))), "{given:?}");
        }
    }
}

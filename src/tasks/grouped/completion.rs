//! Tasks that are done, or no longer, all in one statement.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;

use crate::auth::OwnerId;
use crate::db::schema::tasks;
use crate::db::{GroupWrite, PipelinedConnection, Timestamp};
use crate::tasks::id::TaskId;
use crate::tasks::model::Task;
use crate::tasks::precondition::Written;

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

impl GroupWrite for Completion {
    type Done = Written<Task>;

    /// Left out are tasks that are not there, that somebody else is writing, and all but one of those who
    /// want the same task.
    async fn write_all(
        mut connection: &PipelinedConnection,
        completions: &[Self],
    ) -> QueryResult<Vec<Option<Written<Task>>>> {
        let rows: Vec<(i64, Task)> =
            RunQueryDsl::load(Complete::of(completions), &mut connection).await?;
        let mut done: Vec<Option<Written<Task>>> = completions.iter().map(|_| None).collect();
        for (index, task) in rows {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            let asked = completions.get(index).zip(done.get_mut(index));
            let (_, given) = asked.filter(|(asked, _)| asked.names(&task)).ok_or_else(|| {
                Error::DeserializationError("the answer belongs to nobody who asked".into())
            })?;
            *given = Some(Written::Done(task));
        }
        Ok(done)
    }
}

struct Complete<'a> {
    owners: Vec<&'a str>,
    ids: Vec<TaskId>,
    completed: Vec<Option<bool>>,
    now: Timestamp,
}

impl<'a> Complete<'a> {
    fn of(completions: &'a [Completion]) -> Self {
        Self {
            owners: completions.iter().map(|wanted| wanted.owner.as_str()).collect(),
            ids: completions.iter().map(|wanted| wanted.id).collect(),
            completed: completions.iter().map(|wanted| wanted.completed).collect(),
            now: Timestamp::now(),
        }
    }
}

impl QueryFragment<Pg> for Complete<'_> {
    /// No row is waited for, so that nobody's transaction holds up the others, and no two groups each other.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH free AS (SELECT tasks.user_id, tasks.id, wanted.completed, wanted.position - 1 AS index FROM unnest(",
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

impl Query for Complete<'_> {
    type SqlType = (BigInt, tasks::SqlType);
}

impl QueryId for Complete<'_> {
    type QueryId = Complete<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

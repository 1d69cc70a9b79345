//! A write of either kind, and the one statement for all that a group has of them.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel_async::RunQueryDsl;

use super::completion::{Complete, Completion, matched};
use super::creation::{Creation, Insert};
use crate::db::{GroupWrite, PipelinedConnection, Timestamp};
use crate::tasks::id::TaskId;
use crate::tasks::model::Task;
use crate::tasks::precondition::Written;

/// What goes in groups.
pub(super) enum Write {
    Creation(Creation),
    Completion(Completion),
}

impl GroupWrite for Write {
    type Done = Written<Task>;

    async fn write_all(
        mut connection: &PipelinedConnection,
        writes: &[Self],
    ) -> QueryResult<Vec<Option<Written<Task>>>> {
        let (mut creations, mut completions) = (Vec::new(), Vec::new());
        for write in writes {
            match write {
                Self::Creation(creation) => creations.push(creation),
                Self::Completion(completion) => completions.push(completion),
            }
        }
        let now = Timestamp::now();
        let ids: Vec<TaskId> = creations.iter().map(|_| TaskId::mint()).collect();
        let insert = Insert::of(&creations, &ids, now);
        let complete = Complete::of(&completions, now);
        let rows = match (creations.is_empty(), completions.is_empty()) {
            (_, true) => {
                RunQueryDsl::execute(insert, &mut connection).await?;
                Vec::new()
            }
            (true, false) => RunQueryDsl::load(complete, &mut connection).await?,
            (false, false) => {
                RunQueryDsl::load(InsertAndComplete { insert, complete }, &mut connection).await?
            }
        };
        let mut completed = matched(&completions, rows)?.into_iter();
        let mut created = creations
            .iter()
            .zip(&ids)
            .map(|(creation, id)| creation.new.as_first_stored(&creation.owner, *id, now));
        let done = |write: &_| match write {
            Self::Creation(_) => created.next(),
            Self::Completion(_) => completed.next().flatten(),
        };
        Ok(writes.iter().map(done).map(|task| task.map(Written::Done)).collect())
    }
}

/// Both see the tasks as they were before: whoever completes a task has not just made it.
struct InsertAndComplete<'a> {
    insert: Insert<'a>,
    complete: Complete<'a>,
}

impl QueryFragment<Pg> for InsertAndComplete<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH made AS (");
        self.insert.walk_ast(out.reborrow())?;
        out.push_sql("), ");
        self.complete.walk_behind_with(out)
    }
}

impl Query for InsertAndComplete<'_> {
    type SqlType = <Complete<'static> as Query>::SqlType;
}

impl QueryId for InsertAndComplete<'_> {
    type QueryId = InsertAndComplete<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

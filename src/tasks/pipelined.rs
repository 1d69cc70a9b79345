//! The reads that go through a worker's pipeline to PostgreSQL, and nowhere else: one task, and the newest page. Each gives
//! what its namesake for the pool gives. The texts stand here because `diesel-async` would have them written
//! anew for every request, which is a seventh of reading a task.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};

use super::id::TaskId;
use super::model::Task;
use crate::auth::OwnerId;
use crate::db::schema::tasks;
use crate::db::{DbError, PipelinedConnection};

/// As [`super::repository::find`].
pub(super) async fn find(
    mut connection: &PipelinedConnection,
    owner: &OwnerId,
    id: TaskId,
) -> Result<Option<Task>, DbError> {
    let query = Rows::<ById>::of(owner, id.to_i64());
    let mut rows: Vec<Task> = diesel_async::RunQueryDsl::load(query, &mut connection).await?;
    Ok(rows.pop())
}

/// As `page` in `list/statement.rs`, from the beginning, without filters and in the default order.
pub(super) async fn newest(
    mut connection: &PipelinedConnection,
    owner: &OwnerId,
    limit: i64,
) -> Result<Vec<Task>, DbError> {
    let query = Rows::<Newest>::of(owner, limit);
    Ok(diesel_async::RunQueryDsl::load(query, &mut connection).await?)
}

/// Every statement begins like this, with the owner.
const OWNERS: &str = "SELECT user_id, id, version, title, description, completed, priority, tags, \
    due_date, created_at, updated_at FROM tasks WHERE user_id = ";

/// Which of an owner's tasks.
trait Which: 'static {
    /// What stands between the owner and a number, which ends the statement.
    const REST: &'static str;
}

struct ById;

impl Which for ById {
    const REST: &'static str = " AND id = ";
}

struct Newest;

impl Which for Newest {
    const REST: &'static str = " ORDER BY created_at DESC, id DESC LIMIT ";
}

/// Whole rows of one owner.
struct Rows<'a, W> {
    owner: &'a str,
    number: i64,
    which: PhantomData<W>,
}

impl<'a, W> Rows<'a, W> {
    fn of(owner: &'a OwnerId, number: i64) -> Self {
        Self { owner: owner.as_str(), number, which: PhantomData }
    }
}

impl<W: Which> QueryFragment<Pg> for Rows<'_, W> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(OWNERS);
        out.push_bind_param::<Text, str>(self.owner)?;
        out.push_sql(W::REST);
        out.push_bind_param::<BigInt, i64>(&self.number)
    }
}

impl<W> Query for Rows<'_, W> {
    type SqlType = tasks::SqlType;
}

/// The type says which text it is, so that it is found among the prepared ones by it.
impl<W: Which> QueryId for Rows<'_, W> {
    type QueryId = Rows<'static, W>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

#[cfg(test)]
mod tests {
    use diesel::pg::Pg;
    use diesel::{QueryDsl, debug_query};

    use super::OWNERS;
    use crate::db::schema::tasks;

    /// Rows are read by position.
    #[test]
    fn the_columns_stand_in_the_order_of_the_table() {
        let all = debug_query::<Pg, _>(&tasks::table.select(tasks::all_columns)).to_string();
        let (columns, _) = OWNERS.split_once(" WHERE").unwrap();
        let written = all.replace("\"tasks\".", "").replace('"', "");
        assert!(written.starts_with(&format!("{columns} ")), "{written}");
    }
}

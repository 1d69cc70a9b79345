//! New tasks, all in one statement. Their values travel as arrays, so that a group of any size has the same text
//! and is prepared once.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;

use crate::auth::OwnerId;
use crate::db::{GroupWrite, PipelinedConnection, Timestamp};
use crate::tasks::id::TaskId;
use crate::tasks::model::{FIRST_VERSION, NewTask, Task};
use crate::tasks::priority::Priority;

/// A task to store, as [`crate::tasks::repository::insert`] does.
pub(super) struct Creation {
    pub(super) owner: OwnerId,
    pub(super) new: NewTask,
}

impl GroupWrite for Creation {
    type Done = Task;

    async fn write_all(
        mut connection: &PipelinedConnection,
        creations: &[Self],
    ) -> QueryResult<Vec<Option<Task>>> {
        let now = Timestamp::now();
        let ids: Vec<TaskId> = creations.iter().map(|_| TaskId::mint()).collect();
        RunQueryDsl::execute(Insert::of(creations, &ids, now), &mut connection).await?;
        let stored = creations.iter().zip(ids);
        Ok(stored.map(|(made, id)| Some(made.new.as_first_stored(&made.owner, id, now))).collect())
    }
}

/// All rows or none; they have their version and their time in common.
struct Insert<'a> {
    owners: Vec<&'a str>,
    ids: &'a [TaskId],
    titles: Vec<&'a str>,
    descriptions: Vec<Option<&'a str>>,
    completed: Vec<bool>,
    priorities: Vec<Priority>,
    tags: Vec<&'a str>,
    due_dates: Vec<Option<Timestamp>>,
    now: Timestamp,
}

impl<'a> Insert<'a> {
    fn of(creations: &'a [Creation], ids: &'a [TaskId], now: Timestamp) -> Self {
        let new = || creations.iter().map(|creation| &creation.new);
        Self {
            owners: creations.iter().map(|creation| creation.owner.as_str()).collect(),
            ids,
            titles: new().map(|new| new.title.as_str()).collect(),
            descriptions: new().map(|new| new.description.as_deref()).collect(),
            completed: new().map(|new| new.completed).collect(),
            priorities: new().map(|new| new.priority).collect(),
            tags: new().map(|new| new.tags.as_json()).collect(),
            due_dates: new().map(|new| new.due_date).collect(),
            now,
        }
    }
}

impl QueryFragment<Pg> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO tasks (user_id, id, title, description, completed, priority, tags, due_date, \
             version, created_at, updated_at) SELECT new.*, times.* FROM unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.owners)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.titles)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.descriptions)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Bool>, _>(&self.completed)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.priorities)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.tags)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.due_dates)?;
        out.push_sql(") AS new, (VALUES (");
        out.push_bind_param::<BigInt, _>(&FIRST_VERSION)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(")) AS times");
        Ok(())
    }
}

impl QueryId for Insert<'_> {
    type QueryId = Insert<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

//! New tasks, as one statement. Their values travel as arrays, so that a group of any size has the same text
//! and is prepared once.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};

use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::tasks::id::TaskId;
use crate::tasks::model::{FIRST_VERSION, NewTask};
use crate::tasks::priority::Priority;

/// A task to store, as [`crate::tasks::repository::insert`] does.
pub(super) struct Creation {
    pub(super) owner: OwnerId,
    pub(super) new: NewTask,
}

/// All rows or none; they have their version and their time in common.
pub(super) struct Insert<'a> {
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
    /// `ids` are theirs, in their order.
    pub(super) fn of(creations: &[&'a Creation], ids: &'a [TaskId], now: Timestamp) -> Self {
        let new = || creations.iter().map(|creation| &creation.new);
        Self {
            owners: creations.iter().map(|creation| creation.owner.as_str()).collect(),
            ids,
            titles: new().map(|new| new.title.as_str()).collect(),
            descriptions: new().map(|new| new.description.as_deref()).collect(),
            completed: new().map(|new| new.completed).collect(),
            priorities: new().map(|new| new.priority).collect(),
            tags: new().map(|new| new.tags.as_ref().as_json()).collect(),
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

//! The statements on many of a user's tasks at once. As in `repository`, each takes the proof of
//! ownership and filters by it.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use super::id::TaskId;
use super::model::Task;
use crate::auth::OwnerId;
use crate::db::schema::tasks;
use crate::db::{DbConnection, DbError};

/// Deletes the owner's completed tasks and returns how many they were.
pub(super) fn delete_completed(
    connection: &mut DbConnection,
    owner: &OwnerId,
) -> Result<usize, DbError> {
    Ok(diesel::delete(tasks::table)
        .filter(tasks::user_id.eq(owner.as_str()))
        .filter(tasks::completed.eq(true))
        .execute(connection)?)
}

/// At most `limit` of the owner's tasks, oldest id first, from behind `after`.
pub(super) fn batch(
    connection: &mut DbConnection,
    owner: &OwnerId,
    after: Option<TaskId>,
    limit: i64,
) -> Result<Vec<Task>, DbError> {
    let mut query = tasks::table.filter(tasks::user_id.eq(owner.as_str())).into_boxed();
    if let Some(after) = after {
        query = query.filter(tasks::id.gt(after));
    }
    Ok(query.order(tasks::id).limit(limit).load(connection)?)
}

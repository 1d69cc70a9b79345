//! The statements on many of a user's tasks at once. As in `repository`, each takes the proof of
//! ownership and filters by it.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use super::id::TaskId;
use super::idempotency;
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

/// Deletes everything there is of the owner, or nothing if any of it fails.
///
/// The keys go first: should a keyed request make a task in between, its key outlives the task until
/// it expires, and a repetition still makes no second one.
pub(super) fn erase(connection: &mut DbConnection, owner: &OwnerId) -> Result<(), DbError> {
    connection.atomically(|connection| {
        idempotency::erase(connection, owner)?;
        diesel::delete(tasks::table)
            .filter(tasks::user_id.eq(owner.as_str()))
            .execute(connection)?;
        Ok(())
    })
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

//! The statements on many of a user's tasks at once. As in `repository`, each takes the proof of
//! ownership and filters by it.

use diesel::{ExpressionMethods, RunQueryDsl};

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

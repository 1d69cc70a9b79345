//! Every statement on single tasks; those of the list are in `list`. Each function takes the proof of ownership, and each statement filters
//! by it, so somebody else's task is as absent as one that never was.

use diesel::result::OptionalExtension;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use super::id::TaskId;
use super::model::{NewTask, Task, TaskChanges};
use crate::auth::OwnerId;
use crate::db::schema::tasks;
use crate::db::{DbConnection, DbError, Timestamp};

/// How many ids are tried when another instance took the same microsecond for the same user.
const ID_ATTEMPTS: usize = 5;

type Found<T> = Result<Option<T>, DbError>;

/// One of the owner's tasks.
pub(crate) fn find(connection: &mut DbConnection, owner: &OwnerId, id: TaskId) -> Found<Task> {
    Ok(tasks::table
        .filter(tasks::user_id.eq(owner.as_str()))
        .filter(tasks::id.eq(id))
        .first(connection)
        .optional()?)
}

/// Stores a new task and returns it.
pub(crate) fn insert(
    connection: &mut DbConnection,
    owner: &OwnerId,
    new: &NewTask,
) -> Result<Task, DbError> {
    let mut outcome = insert_once(connection, owner, new);
    for _ in 1..ID_ATTEMPTS {
        if !matches!(outcome, Err(DbError::Conflict(_))) {
            break;
        }
        outcome = insert_once(connection, owner, new);
    }
    outcome
}

fn insert_once(
    connection: &mut DbConnection,
    owner: &OwnerId,
    new: &NewTask,
) -> Result<Task, DbError> {
    let now = Timestamp::now();
    Ok(diesel::insert_into(tasks::table)
        .values((
            tasks::user_id.eq(owner.as_str()),
            tasks::id.eq(TaskId::mint()),
            tasks::version.eq(1),
            tasks::title.eq(&new.title),
            tasks::description.eq(&new.description),
            tasks::completed.eq(new.completed),
            tasks::priority.eq(new.priority),
            tasks::tags.eq(&new.tags),
            tasks::due_date.eq(new.due_date),
            tasks::created_at.eq(now),
            tasks::updated_at.eq(now),
        ))
        .returning(tasks::all_columns)
        .get_result(connection)?)
}

/// Changes a task and returns it. Without any change it is only read.
pub(crate) fn update(
    connection: &mut DbConnection,
    owner: &OwnerId,
    id: TaskId,
    changes: &TaskChanges,
) -> Found<Task> {
    if changes.is_empty() {
        return find(connection, owner, id);
    }
    Ok(diesel::update(tasks::table)
        .filter(tasks::user_id.eq(owner.as_str()))
        .filter(tasks::id.eq(id))
        .set((
            changes,
            tasks::version.eq(tasks::version + 1),
            tasks::updated_at.eq(Timestamp::now()),
        ))
        .returning(tasks::all_columns)
        .get_result(connection)
        .optional()?)
}

/// Flips `completed` in one statement, so that no two flips can undo each other unseen.
pub(crate) fn toggle(connection: &mut DbConnection, owner: &OwnerId, id: TaskId) -> Found<Task> {
    Ok(diesel::update(tasks::table)
        .filter(tasks::user_id.eq(owner.as_str()))
        .filter(tasks::id.eq(id))
        .set((
            tasks::completed.eq(diesel::dsl::not(tasks::completed)),
            tasks::version.eq(tasks::version + 1),
            tasks::updated_at.eq(Timestamp::now()),
        ))
        .returning(tasks::all_columns)
        .get_result(connection)
        .optional()?)
}

/// Deletes a task; `None` when there was none.
pub(crate) fn delete(connection: &mut DbConnection, owner: &OwnerId, id: TaskId) -> Found<()> {
    let deleted = diesel::delete(tasks::table)
        .filter(tasks::user_id.eq(owner.as_str()))
        .filter(tasks::id.eq(id))
        .execute(connection)?;
    Ok((deleted > 0).then_some(()))
}

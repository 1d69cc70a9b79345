//! Every statement on single tasks; those of the list are in `list`. Each function takes the proof of ownership, and each statement filters
//! by it, so somebody else's task is as absent as one that never was.

use diesel::result::OptionalExtension;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl};

use super::etag::EntityTag;
use super::id::TaskId;
use super::model::{FIRST_VERSION, NewTask, Task, TaskChanges};
use super::precondition::{Precondition, Written};
use super::update;
use crate::auth::OwnerId;
use crate::db::schema::tasks;
use crate::db::{DbConnection, DbError, Timestamp, on_either};

/// How many ids are tried when another instance took the same microsecond for the same user, or the clock
/// was set back.
const ID_ATTEMPTS: usize = 5;

type Found<T> = Result<Option<T>, DbError>;
type Outcome<T> = Result<Written<T>, DbError>;

/// One of the owner's tasks.
pub(crate) fn find(connection: &mut DbConnection, owner: &OwnerId, id: TaskId) -> Found<Task> {
    let query = tasks::table.filter(tasks::user_id.eq(owner.as_str())).filter(tasks::id.eq(id));
    Ok(on_either!(connection, inner => query.first(inner)).optional()?)
}

/// Stores a new task and returns it.
pub(crate) fn insert(
    connection: &mut DbConnection,
    owner: &OwnerId,
    new: &NewTask,
) -> Result<Task, DbError> {
    let mut candidate = TaskId::candidates();
    let mut attempt = || {
        let id = candidate();
        connection.attempt(|connection| insert_once(connection, owner, new, id, Timestamp::now()))
    };
    let mut outcome = attempt();
    for _ in 1..ID_ATTEMPTS {
        if !matches!(outcome, Err(DbError::Conflict(_))) {
            break;
        }
        outcome = attempt();
    }
    outcome
}

/// Stores a new task under this id and returns it; a conflict when the owner has that id already.
pub(super) fn insert_once(
    connection: &mut DbConnection,
    owner: &OwnerId,
    new: &NewTask,
    id: TaskId,
    now: Timestamp,
) -> Result<Task, DbError> {
    let statement = diesel::insert_into(tasks::table).values((
        tasks::user_id.eq(owner.as_str()),
        tasks::id.eq(id),
        tasks::version.eq(FIRST_VERSION),
        tasks::title.eq(&new.title),
        tasks::description.eq(&new.description),
        tasks::completed.eq(new.completed),
        tasks::priority.eq(new.priority),
        tasks::tags.eq(&new.tags),
        tasks::due_date.eq(new.due_date),
        tasks::created_at.eq(now),
        tasks::updated_at.eq(now),
    ));
    on_either!(connection, inner => statement.execute(inner))?;
    Ok(new.as_first_stored(owner, id, now))
}

/// The row that a writing statement returns. All of its result must have been read: SQLite commits
/// only when there is nothing left to read, and Diesel's `get_result` stops at the first row, where
/// nobody learns any more that the disk is full.
fn returned(rows: QueryResult<Vec<Task>>) -> Found<Task> {
    Ok(rows?.pop())
}

/// Sets values in one of the owner's tasks, under its precondition, and gives the row that it wrote.
macro_rules! written {
    ($connection:expr, $owner:expr, $id:expr, $precondition:expr, $values:expr) => {{
        let task = tasks::user_id.eq($owner.as_str()).and(tasks::id.eq($id));
        returned(match $precondition {
            Precondition::Exists => {
                let statement = update::update(task, $values);
                on_either!($connection, inner => statement.get_results(inner))
            }
            Precondition::OneOf(versions) => {
                let statement = update::update(task.and(tasks::version.eq_any(versions)), $values);
                on_either!($connection, inner => statement.get_results(inner))
            }
        })
    }};
}

/// Changes a task and returns it. Without any change it is only read, and compared.
pub(crate) fn update(
    connection: &mut DbConnection,
    owner: &OwnerId,
    id: TaskId,
    changes: &TaskChanges,
    precondition: &Precondition,
) -> Outcome<Task> {
    if changes.is_empty() {
        return Ok(match find(connection, owner, id)? {
            Some(task) if precondition.holds_for(&task) => Written::Done(task),
            Some(task) => Written::Stale(EntityTag::of(&task)),
            None => Written::Absent,
        });
    }
    let values =
        (changes, tasks::version.eq(tasks::version + 1), tasks::updated_at.eq(Timestamp::now()));
    let changed = written!(connection, owner, id, precondition, values)?;
    told_apart(connection, owner, id, precondition, changed)
}

/// Flips `completed` in one statement, so that no two flips can undo each other unseen.
pub(crate) fn toggle(
    connection: &mut DbConnection,
    owner: &OwnerId,
    id: TaskId,
    precondition: &Precondition,
) -> Outcome<Task> {
    let values = (
        tasks::completed.eq(diesel::dsl::not(tasks::completed)),
        tasks::version.eq(tasks::version + 1),
        tasks::updated_at.eq(Timestamp::now()),
    );
    let changed = written!(connection, owner, id, precondition, values)?;
    told_apart(connection, owner, id, precondition, changed)
}

/// Deletes a task.
pub(crate) fn delete(
    connection: &mut DbConnection,
    owner: &OwnerId,
    id: TaskId,
    precondition: &Precondition,
) -> Outcome<()> {
    let mut statement = diesel::delete(tasks::table)
        .filter(tasks::user_id.eq(owner.as_str()))
        .filter(tasks::id.eq(id))
        .into_boxed();
    if let Precondition::OneOf(versions) = precondition {
        statement = statement.filter(tasks::version.eq_any(versions));
    }
    let deleted = (statement.execute(connection)? > 0).then_some(());
    told_apart(connection, owner, id, precondition, deleted)
}

/// A write that hit no row has found no task, or, with `If-Match`, another version of it: only then
/// is the task read, to tell the two apart.
fn told_apart<T>(
    connection: &mut DbConnection,
    owner: &OwnerId,
    id: TaskId,
    precondition: &Precondition,
    written: Option<T>,
) -> Outcome<T> {
    if let Some(value) = written {
        return Ok(Written::Done(value));
    }
    if *precondition == Precondition::Exists {
        return Ok(Written::Absent);
    }
    let current = find(connection, owner, id)?;
    Ok(current.map_or(Written::Absent, |task| Written::Stale(EntityTag::of(&task))))
}

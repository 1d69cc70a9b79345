//! The statements on idempotency keys. A key and its task are stored in one transaction, the key first,
//! so that of any number of equal requests at once exactly one makes a task: the others meet its key.

use diesel::result::OptionalExtension;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use super::fingerprint::Fingerprint;
use super::key::IdempotencyKey;
use crate::auth::OwnerId;
use crate::db::schema::idempotency_keys;
use crate::db::{DbConnection, DbError, Timestamp};
use crate::tasks::id::TaskId;
use crate::tasks::model::{NewTask, Task};
use crate::tasks::repository;

/// How long a key is kept.
const LIFETIME_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// How often it is tried when a task id was taken, or a key vanished at the wrong moment.
const ATTEMPTS: usize = 5;

/// Why a transaction was rolled back.
enum Clash {
    /// The key is there already.
    Key,
    /// The task id is: another instance took the same microsecond for the same user.
    TaskId,
    /// Anything else.
    Failed(DbError),
}

impl From<DbError> for Clash {
    fn from(error: DbError) -> Self {
        Self::Failed(error)
    }
}

/// Stores a new task under a key and returns it, or the task as an equal request within 24 hours has
/// made it, whatever has become of it since. `None` when that request asked for another task.
pub(in crate::tasks) fn insert(
    connection: &mut DbConnection,
    owner: &OwnerId,
    new: &NewTask,
    key: &IdempotencyKey,
) -> Result<Option<Task>, DbError> {
    insert_as(connection, owner, new, key, TaskId::candidates())
}

/// As [`insert`], with ids from `mint`.
pub(super) fn insert_as(
    connection: &mut DbConnection,
    owner: &OwnerId,
    new: &NewTask,
    key: &IdempotencyKey,
    mut mint: impl FnMut() -> TaskId,
) -> Result<Option<Task>, DbError> {
    let fingerprint = Fingerprint::of(new);
    for _ in 0..ATTEMPTS {
        let (id, now) = (mint(), Timestamp::now());
        let made = connection.atomically(|connection| {
            forget_expired(connection, owner, now)?;
            claim(connection, owner, key, &fingerprint, id, now)?;
            repository::insert_once(connection, owner, new, id, now).map_err(|error| match error {
                DbError::Conflict(_) => Clash::TaskId,
                other => Clash::Failed(other),
            })
        });
        match made {
            Ok(task) => return Ok(Some(task)),
            Err(Clash::Failed(error)) => return Err(error),
            Err(Clash::TaskId) => {}
            Err(Clash::Key) => {
                // Gone again: it has just been erased, so it is free.
                let Some((stored, id, made_at)) = find(connection, owner, key)? else { continue };
                let same = stored == fingerprint.as_str();
                return Ok(same.then(|| new.as_first_stored(owner, id, made_at)));
            }
        }
    }
    Err(DbError::Unavailable(format!("no free task id in {ATTEMPTS} attempts")))
}

fn claim(
    connection: &mut DbConnection,
    owner: &OwnerId,
    key: &IdempotencyKey,
    fingerprint: &Fingerprint,
    id: TaskId,
    now: Timestamp,
) -> Result<(), Clash> {
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::user_id.eq(owner.as_str()),
            idempotency_keys::key.eq(key.as_str()),
            idempotency_keys::fingerprint.eq(fingerprint.as_str()),
            idempotency_keys::task_id.eq(id),
            idempotency_keys::created_at.eq(now),
        ))
        .execute(connection)
        .map_err(|error| match DbError::from(error) {
            DbError::Conflict(_) => Clash::Key,
            other => Clash::Failed(other),
        })?;
    Ok(())
}

/// Fingerprint, task and time of the request that has taken this key.
fn find(
    connection: &mut DbConnection,
    owner: &OwnerId,
    key: &IdempotencyKey,
) -> Result<Option<(String, TaskId, Timestamp)>, DbError> {
    Ok(idempotency_keys::table
        .filter(idempotency_keys::user_id.eq(owner.as_str()))
        .filter(idempotency_keys::key.eq(key.as_str()))
        .select((
            idempotency_keys::fingerprint,
            idempotency_keys::task_id,
            idempotency_keys::created_at,
        ))
        .first(connection)
        .optional()?)
}

/// Deletes the owner's keys that are older than 24 hours.
fn forget_expired(
    connection: &mut DbConnection,
    owner: &OwnerId,
    now: Timestamp,
) -> Result<usize, DbError> {
    Ok(diesel::delete(idempotency_keys::table)
        .filter(idempotency_keys::user_id.eq(owner.as_str()))
        .filter(idempotency_keys::created_at.le(expiry(now)))
        .execute(connection)?)
}

/// Deletes the keys of a user.
pub(in crate::tasks) fn erase(
    connection: &mut DbConnection,
    owner: &OwnerId,
) -> Result<usize, DbError> {
    Ok(diesel::delete(idempotency_keys::table)
        .filter(idempotency_keys::user_id.eq(owner.as_str()))
        .execute(connection)?)
}

/// Deletes everybody's keys that are older than 24 hours, and returns how many. The one statement
/// without an owner: it reads nothing back, and a key that has expired belongs to nobody.
pub(crate) fn purge(connection: &mut DbConnection) -> Result<usize, DbError> {
    Ok(diesel::delete(idempotency_keys::table)
        .filter(idempotency_keys::created_at.le(expiry(Timestamp::now())))
        .execute(connection)?)
}

fn expiry(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_sub(LIFETIME_MICROS))
}

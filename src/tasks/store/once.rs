//! New tasks under an idempotency key, and how long a key is kept.

use super::{ATTEMPTS, Created, TaskStore, operations};
use crate::auth::OwnerId;
use crate::db::{DbError, Session, Timestamp};
use crate::tasks::idempotency::{Fingerprint, IdempotencyKey, LIFETIME_MICROS};
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::NewTask;

impl TaskStore {
    /// Stores a new task under a key, or gives the task as an equal request has made it while the key was kept,
    /// whatever has become of it since.
    pub(in crate::tasks) async fn create_once(
        &self,
        owner: &OwnerId,
        new: &NewTask,
        key: &IdempotencyKey,
    ) -> Result<Created, DbError> {
        self.worker.in_time(Box::pin(self.try_create_once(owner, new, key))).await
    }

    async fn try_create_once(
        &self,
        owner: &OwnerId,
        new: &NewTask,
        key: &IdempotencyKey,
    ) -> Result<Created, DbError> {
        let fingerprint = Fingerprint::of(new);
        for _ in 0..ATTEMPTS {
            let (mine, asked, limit) = (owner.clone(), new.clone(), self.rules.limit);
            let keyed = (key.clone(), fingerprint.clone());
            let insert = async move |s: Session<'_>| {
                operations::insert_keyed(s, &mine, &asked, limit, (&keyed.0, &keyed.1)).await
            };
            let is_full = match self.write(owner, insert).await {
                Ok(Some(task)) => return Ok(Created::Task(task)),
                Ok(None) => true,
                // An equal request was first, or has just been.
                Err(DbError::Conflict(_)) => false,
                Err(error) => return Err(error),
            };
            match self.first_use(owner, key).await? {
                Some(first) if first.fingerprint == fingerprint.as_str() => {
                    return Ok(Created::Task(new.as_stored(
                        owner,
                        (first.id, first.seq),
                        first.at,
                    )));
                }
                Some(_) => return Ok(Created::KeyReused),
                None if is_full => return Ok(Created::LimitReached),
                // The key was erased in between, so it is free.
                None => {}
            }
        }
        Err(DbError::Unavailable(format!("the key changed {ATTEMPTS} times")))
    }

    async fn first_use(
        &self,
        owner: &OwnerId,
        key: &IdempotencyKey,
    ) -> Result<Option<FirstUse>, DbError> {
        let (user, owner, key) = (owner.as_str(), owner.clone(), key.clone());
        let find = async move |s: Session<'_>| operations::find_key(s, &owner, &key).await;
        self.worker.read(user, find).await
    }
}

/// The first request with a key.
pub(super) struct FirstUse {
    fingerprint: String,
    id: TaskId,
    seq: i64,
    at: Timestamp,
}

impl From<(String, TaskId, i64, Timestamp)> for FirstUse {
    fn from((fingerprint, id, seq, at): (String, TaskId, i64, Timestamp)) -> Self {
        Self { fingerprint, id, seq, at }
    }
}

/// When a key must have been used that has expired now.
pub(super) fn expiry(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_sub(LIFETIME_MICROS))
}

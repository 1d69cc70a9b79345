//! The trash: what is in it, what comes back, and what is forgotten when its time has come.

use diesel::QueryResult;
use diesel::result::Error;

use super::TaskStore;
use super::operations::lock;
use super::purge::STEP;
use super::queries::{After, EmptyTrash, Expired, FindBuried, Restore, TakeBack, Trash, Unbury};
use crate::auth::OwnerId;
use crate::db::{DbError, Session, Timestamp, execute, load, repeat};
use crate::tasks::request::precondition::{Precondition, Written};
use crate::tasks::task::etag::EntityTag;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::Task;

/// What became of a request to bring a task back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum Restored {
    /// It is back, or it is not in the trash, or it has another `seq`.
    Written(Written<Task>),
    /// The owner has as many tasks as one may have.
    LimitReached,
}

impl TaskStore {
    /// At most `limit` of the tasks in the trash, the last one deleted first, and when each was deleted; those that
    /// were deleted before a `seq`.
    pub(in crate::tasks) async fn trash(
        &self,
        owner: &OwnerId,
        below: i64,
        limit: i64,
    ) -> Result<Vec<(Task, Timestamp)>, DbError> {
        let (user, owner) = (owner.as_str(), owner.clone());
        let list =
            async move |mut s: Session<'_>| load!(&mut s, Trash { owner: &owner, below, limit });
        self.worker.scan(user, list).await
    }

    /// Brings a task back under its id, as it was but for its `seq`.
    pub(in crate::tasks) async fn restore(
        &self,
        owner: &OwnerId,
        id: TaskId,
        precondition: &Precondition,
    ) -> Result<Restored, DbError> {
        let mine = owner.clone();
        let (precondition, limit) = (precondition.clone(), self.rules.limit);
        let restore = async move |s: Session<'_>| restore(s, &mine, id, &precondition, limit).await;
        self.transaction(owner, restore).await
    }

    /// Forgets the content of everything in the trash, step by step, and returns how much that was.
    pub(in crate::tasks) async fn empty_trash(&self, owner: &OwnerId) -> Result<usize, DbError> {
        let one = async || {
            let mine = owner.clone();
            let step = async move |mut s: Session<'_>| {
                execute!(&mut s, EmptyTrash(everything(&mine, STEP)))
            };
            self.write(owner, step).await
        };
        repeat(STEP, one).await
    }
}

/// Everything in the trash, as far as one step goes.
pub(super) fn everything(owner: &OwnerId, limit: i64) -> Expired<'_> {
    Expired { user_id: owner.as_str(), before: Timestamp::LAST, limit }
}

/// In a transaction.
pub(super) async fn restore(
    mut s: Session<'_>,
    owner: &OwnerId,
    id: TaskId,
    precondition: &Precondition,
    limit: i64,
) -> QueryResult<Restored> {
    lock(&mut s, owner).await?;
    let found: Option<i64> = load!(&mut s, FindBuried { owner, id })?.pop();
    let Some(seq) = found else { return Ok(Restored::Written(Written::Absent)) };
    if !precondition.allows(seq) {
        return Ok(Restored::Written(Written::Stale(EntityTag::of_seq(seq))));
    }
    let take = TakeBack { owner, id, expected: Some(seq), limit };
    let taken: Option<(i64, i64)> = load!(&mut s, take)?.pop();
    let Some((seq, last_id)) = taken else { return Ok(Restored::LimitReached) };
    let restored: Option<Task> =
        load!(&mut s, After { seq, last_id, second: Restore { owner, id } })?.pop();
    // The trash has it, because the owner's row is locked.
    let task = restored.ok_or(Error::NotFound)?;
    execute!(&mut s, Unbury { owner, id })?;
    Ok(Restored::Written(Written::Done(task)))
}

//! Clearing and erasing: in steps that are each a transaction, so that an account of any size ends, and so that
//! other writes wait for one step at most. After each step the owner's row agrees with the rows that are left: what
//! was interrupted is finished by the same request again.

use diesel::QueryResult;

use super::TaskStore;
use super::operations::lock;
use super::queries::{
    BuryCompleted, CountDown, DeleteRange, EmptyTrash, Erase, EraseDeleted, EraseKeys, ErasedAt,
    ForgetAll, MarkErased, NthDeleted, NthId, NthKey, TABLES,
};
use super::trash::everything;
use crate::auth::OwnerId;
use crate::db::{DbError, Session, Timestamp, execute, load};
use crate::tasks::task::id::TaskId;

/// How many rows of a table a step looks at.
const STEP: i64 = 1000;

impl TaskStore {
    /// Moves the owner's completed tasks to the trash and returns how many they were. Where it fails, some may be moved.
    pub(in crate::tasks) async fn delete_completed(
        &self,
        owner: &OwnerId,
    ) -> Result<usize, DbError> {
        let (mut above, mut deleted) = (0, 0);
        loop {
            let (mine, keeps) = (owner.clone(), self.keeps());
            let step = async move |s: Session<'_>| clear_step(s, &mine, above, keeps).await;
            let (more, last) = self.transaction(owner, step).await?;
            deleted += more;
            match last {
                Some(last) => above = last,
                None => return Ok(deleted),
            }
        }
    }

    /// Deletes everything there is of the owner, and leaves the mark that refuses new tasks. Where it fails, some may be
    /// deleted, and there is no mark.
    pub(in crate::tasks) async fn erase(&self, owner: &OwnerId) -> Result<(), DbError> {
        loop {
            let mine = owner.clone();
            let step = async move |s: Session<'_>| erase_step(s, &mine).await;
            if self.transaction(owner, step).await? {
                return Ok(());
            }
        }
    }

    /// Whether everything of the owner was erased, so that there will be no more.
    pub(in crate::tasks) async fn is_erased(&self, owner: &OwnerId) -> Result<bool, DbError> {
        let (user, owner) = (owner.as_str(), owner.clone());
        let mark = async move |mut s: Session<'_>| -> QueryResult<Vec<i64>> {
            load!(&mut s, ErasedAt { owner: &owner })
        };
        Ok(!self.worker.read(user, mark).await?.is_empty())
    }
}

/// Moves the completed ones of the tasks after this id to the trash, and says how many and up to which id; `None` at the end.
async fn clear_step(
    mut s: Session<'_>,
    owner: &OwnerId,
    above: i64,
    keeps: bool,
) -> QueryResult<(usize, Option<i64>)> {
    lock(&mut s, owner).await?;
    let last: Option<i64> = load!(&mut s, NthId { owner, above, between: STEP - 1 })?.pop();
    let up_to = last.unwrap_or(i64::MAX);
    execute!(&mut s, BuryCompleted { owner, above, last: up_to, now: Timestamp::now() })?;
    let deleted = execute!(&mut s, DeleteRange { owner, above, last: up_to, pending_too: false })?;
    count_down(&mut s, owner, deleted).await?;
    if !keeps {
        execute!(&mut s, EmptyTrash(everything(owner, STEP)))?;
    }
    Ok((deleted, last))
}

/// Deletes some rows, or, where they are few, all, and marks the owner. Returns whether it is done.
async fn erase_step(mut s: Session<'_>, owner: &OwnerId) -> QueryResult<bool> {
    lock(&mut s, owner).await?;
    let key: Option<String> = load!(&mut s, NthKey { owner, before: STEP - 1 })?.pop();
    let id: Option<i64> = load!(&mut s, NthId { owner, above: 0, between: STEP - 1 })?.pop();
    let gone: Option<TaskId> = load!(&mut s, NthDeleted { owner, before: STEP - 1 })?.pop();
    if key.is_none() && id.is_none() && gone.is_none() {
        execute!(&mut s, MarkErased { owner, now: Timestamp::now() })?;
        for table in TABLES {
            execute!(&mut s, Erase { owner, table })?;
        }
        return Ok(true);
    }
    if let Some(last) = &key {
        execute!(&mut s, EraseKeys { owner, last })?;
    }
    if let Some(last) = gone {
        execute!(&mut s, EraseDeleted { owner, last })?;
    }
    if let Some(last) = id {
        let range = DeleteRange { owner, above: 0, last, pending_too: true };
        let deleted = execute!(&mut s, range)?;
        count_down(&mut s, owner, deleted).await?;
    }
    execute!(&mut s, ForgetAll { owner })?;
    Ok(false)
}

async fn count_down(s: &mut Session<'_>, owner: &OwnerId, deleted: usize) -> QueryResult<()> {
    if deleted > 0 {
        let deleted = i64::try_from(deleted).unwrap_or(i64::MAX);
        execute!(s, CountDown { owner, deleted })?;
    }
    Ok(())
}

//! The feed of changes: what an owner's writes since a `seq` have left.
//!
//! The owner's row is read first, or at once with the tasks. Its lock made every write up to its `seq` final before any later one, so what
//! stands between the two is complete, whatever is written while the pages are read; what has moved on since is in a
//! later page. The row is read once more at the end: deletions that were forgotten meanwhile would be missing.

use diesel::QueryResult;

use super::TaskStore;
use super::operations::state;
use super::queries::{Changed, Deleted, State, Window, WithState};
use super::session::with_state;
use crate::auth::OwnerId;
use crate::db::{DbError, Session, load, load_on_postgres};
use crate::tasks::feed::{Changes, Since};
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::Task;
use crate::tasks::task::owner_state::OwnerState;

impl TaskStore {
    /// How far the owner's writes have come: one look-up.
    pub(in crate::tasks) async fn state(&self, owner: &OwnerId) -> Result<OwnerState, DbError> {
        let (user, owner) = (owner.as_str(), owner.clone());
        self.worker.read(user, async move |mut s: Session<'_>| state(&mut s, &owner).await).await
    }

    /// At most `limit` of the changes since a token, in the order of their writes; `None` when it leads nowhere any
    /// more, so that everything must be read again.
    pub(in crate::tasks) async fn changes(
        &self,
        owner: &OwnerId,
        since: Since,
        limit: i64,
    ) -> Result<Option<Changes>, DbError> {
        let (user, owner) = (owner.as_str(), owner.clone());
        let read = async move |s: Session<'_>| changes(s, &owner, since, limit).await;
        self.worker.read(user, read).await
    }
}

async fn changes(
    mut s: Session<'_>,
    owner: &OwnerId,
    since: Since,
    limit: i64,
) -> QueryResult<Option<Changes>> {
    let (now, changed) = changed(&mut s, owner, since, limit + 1).await?;
    let Some(since) = since.within(now) else { return Ok(None) };
    if since.seq == now.seq {
        return Ok(Some(Changes::none(since)));
    }
    let above = since.deletions_above();
    let mut deleted: Vec<(i64, TaskId)> = Vec::new();
    // Not of a client that reads everything for the first time.
    if above < now.seq {
        deleted = load!(
            &mut s,
            Deleted { owner, window: Window { above, to: now.seq, limit: limit + 1 } }
        )?;
        let after = state(&mut s, owner).await?;
        if since.within(after).is_none() {
            return Ok(None);
        }
    }
    Ok(Some(Changes::of(changed, deleted, limit, since, now)))
}

/// The owner's state, and the first tasks that were changed since, up to there. PostgreSQL gives both at once. SQLite takes
/// less time for two statements, and none for the second when nothing has changed.
async fn changed(
    s: &mut Session<'_>,
    owner: &OwnerId,
    since: Since,
    limit: i64,
) -> QueryResult<(OwnerState, Vec<Task>)> {
    let mut window = Window { above: since.seq, to: i64::MAX, limit };
    if let Session::Postgres(c) = s {
        let both = WithState(State { owner }, Changed { owner, window });
        return Ok(with_state(load_on_postgres!(c, both)?));
    }
    let now = state(s, owner).await?;
    if since.within(now).is_none_or(|since| since.seq == now.seq) {
        return Ok((now, Vec::new()));
    }
    window.to = now.seq;
    Ok((now, load!(s, Changed { owner, window })?))
}

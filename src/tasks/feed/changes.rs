//! One page of the feed.

use super::since::Since;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::Task;
use crate::tasks::task::owner_state::OwnerState;

/// What an answer says. Each task is in it at most once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) struct Changes {
    /// New and changed tasks, as they are now, in the order of their last writes.
    pub(in crate::tasks) changed: Vec<Task>,
    /// What is gone, each with the `seq` of its deletion.
    pub(in crate::tasks) deleted: Vec<(i64, TaskId)>,
    /// From where on to ask again.
    pub(in crate::tasks) next: Since,
    /// Whether there is more already.
    pub(in crate::tasks) more: bool,
}

impl Changes {
    /// Nothing has happened.
    pub(in crate::tasks) fn none(since: Since) -> Self {
        Self { changed: Vec::new(), deleted: Vec::new(), next: since, more: false }
    }

    /// The first `limit` of both, by `seq`. Of each there is one more where there are so many.
    pub(in crate::tasks) fn of(
        mut changed: Vec<Task>,
        mut deleted: Vec<(i64, TaskId)>,
        limit: i64,
        since: Since,
        now: OwnerState,
    ) -> Self {
        let mut seqs: Vec<i64> = changed.iter().map(|task| task.seq).collect();
        seqs.extend(deleted.iter().map(|(seq, _)| *seq));
        seqs.sort_unstable();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = seqs.len() > limit;
        let last = if more { seqs.get(limit - 1).copied() } else { None };
        let end = last.unwrap_or(now.seq);
        changed.retain(|task| task.seq <= end);
        deleted.retain(|(seq, _)| *seq <= end);
        Self { changed, deleted, next: since.at(end), more }
    }

    /// The beginning of the page, with so many of the changed tasks, which are not all.
    pub(super) fn cut(&mut self, changed: usize) {
        let left_out = self.changed.get(changed).map(|task| task.seq);
        if let Some(seq) = left_out {
            self.changed.truncate(changed);
            self.deleted.retain(|(deleted, _)| *deleted < seq);
            self.next = self.next.at(seq - 1);
            self.more = true;
        }
    }
}

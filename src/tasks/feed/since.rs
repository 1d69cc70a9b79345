//! The token of the feed: how far a client has come.

use crate::tasks::opaque;
use crate::tasks::task::owner_state::OwnerState;

/// Raised when the meaning of the bytes below changes, so that older tokens are refused.
const VERSION: u8 = 1;

/// A place in the order of an owner's writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tasks) struct Since {
    /// In which epoch; 0 before the owner's first write.
    epoch: i64,
    /// All writes up to this one are known.
    pub(in crate::tasks) seq: i64,
    /// Deletions up to this one do not matter: they were before the client read its first page.
    snapshot: i64,
}

impl Since {
    /// The text that stands for it, which counts for this user alone.
    pub(super) fn token(self, user_id: &str) -> String {
        let payload = [self.epoch, self.seq, self.snapshot].map(i64::to_be_bytes).concat();
        opaque::seal(&("changes", VERSION, user_id), &payload)
    }

    /// What [`Self::token`] made this text of; `None` for any other text.
    pub(super) fn parse(token: &str, user_id: &str) -> Option<Self> {
        let payload = opaque::open(&("changes", VERSION, user_id), token)?;
        let (numbers, []) = payload.as_chunks::<8>() else { return None };
        let [epoch, seq, snapshot] = *numbers else { return None };
        let [epoch, seq, snapshot] = [epoch, seq, snapshot].map(i64::from_be_bytes);
        Some(Self { epoch, seq, snapshot })
    }

    /// The same place, as long as it leads on to the owner's present state: not from another epoch, not from the
    /// future, as after a backup was restored, and not from before a deletion that is forgotten.
    pub(in crate::tasks) fn within(self, now: OwnerState) -> Option<Self> {
        let begins = self.seq == 0 && self.snapshot == 0;
        let snapshot = if begins { now.seq } else { self.snapshot };
        let since = Self { epoch: now.epoch, snapshot, ..self };
        let is_of_epoch = begins || self.epoch == now.epoch;
        let is_known = since.seq <= now.seq && since.deletions_above() >= now.purged_seq;
        (is_of_epoch && is_known).then_some(since)
    }

    /// From where on deletions matter.
    pub(in crate::tasks) fn deletions_above(self) -> i64 {
        self.seq.max(self.snapshot)
    }

    /// The token of somebody who knows everything up to this state.
    pub(in crate::tasks) fn newest(now: OwnerState, user_id: &str) -> String {
        Self { epoch: now.epoch, seq: now.seq, snapshot: now.seq }.token(user_id)
    }

    /// The place after this write.
    pub(super) fn at(self, seq: i64) -> Self {
        Self { seq, ..self }
    }
}

//! How far an owner's writes have come: the entity tag of every list, and where the feed of changes ends.

use std::fmt;

use diesel::Queryable;

/// Changes whenever a list's answer to the same tasks does, so that no tag of an earlier program matches.
const FORMAT: char = 'a';

/// What the owner's row says. All zero for an owner who never wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Queryable)]
pub(in crate::tasks) struct OwnerState {
    /// A `seq` means nothing in another epoch.
    pub(in crate::tasks) epoch: i64,
    /// The `seq` of the last write.
    pub(in crate::tasks) seq: i64,
    /// The highest `seq` of a deletion that is no longer known.
    pub(in crate::tasks) purged_seq: i64,
}

/// The strong entity tag of a list (RFC 9110, section 8.8.3).
impl fmt::Display for OwnerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}-{}-{FORMAT}\"", self.epoch, self.seq)
    }
}

//! Where a page of the trash ended.

use crate::tasks::opaque;

/// Raised when the meaning of the bytes below changes, so that older cursors are refused.
const VERSION: u8 = 1;

/// The cursor after the deletion with this `seq`, which counts for this user alone.
pub(in crate::tasks) fn after(seq: i64, user_id: &str) -> String {
    opaque::seal(&("trash", VERSION, user_id), &seq.to_be_bytes())
}

/// The `seq` that [`after`] made this text of; `None` for any other text.
pub(in crate::tasks) fn parse(cursor: &str, user_id: &str) -> Option<i64> {
    let payload = opaque::open(&("trash", VERSION, user_id), cursor)?;
    Some(i64::from_be_bytes(payload.try_into().ok()?))
}

//! The URLs of tasks, as relative references.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::tasks::task::id::TaskId;

/// What RFC 3986 calls unreserved stays readable.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of a user's tasks.
pub(in crate::tasks) fn tasks(user_id: &str) -> String {
    format!("/api/{}/tasks", utf8_percent_encode(user_id, SEGMENT))
}

/// The path of a user's trash.
pub(in crate::tasks) fn trash(user_id: &str) -> String {
    format!("/api/{}/trash", utf8_percent_encode(user_id, SEGMENT))
}

/// The path of one task.
pub(in crate::tasks) fn task(user_id: &str, id: TaskId) -> String {
    format!("{}/{id}", tasks(user_id))
}

//! The wire shape of a task in the trash.

use crate::db::Timestamp;
use crate::tasks::response::json;
use crate::tasks::task::model::Task;

/// So many bytes are on a page, and one task more: what is held for a client that does not read.
const MAX_BYTES: usize = 40 * 1024;

/// An array of tasks, each with the moment of its deletion as its last member, `deleted_at`, and how many of them it
/// has: fewer than all where they are long.
pub(super) fn of_deleted(rows: &[(Task, Timestamp)]) -> (Vec<u8>, usize) {
    let mut out = b"[".to_vec();
    let mut written = 0;
    for (task, deleted_at) in rows {
        if written > 0 {
            if out.len() > MAX_BYTES {
                break;
            }
            out.push(b',');
        }
        written += 1;
        let mut one = json::of_task(task);
        one.pop();
        out.append(&mut one);
        out.extend(format!(",\"deleted_at\":\"{deleted_at}\"}}").into_bytes());
    }
    out.push(b']');
    (out, written)
}

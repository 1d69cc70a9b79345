//! The wire shape of a task in the trash.

use crate::db::Timestamp;
use crate::tasks::response::json;
use crate::tasks::task::model::Task;

/// An array of tasks, each with the moment of its deletion as its last member, `deleted_at`.
pub(super) fn of_deleted(rows: &[(Task, Timestamp)]) -> Vec<u8> {
    let mut out = b"[".to_vec();
    for (index, (task, deleted_at)) in rows.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut one = json::of_task(task);
        one.pop();
        out.append(&mut one);
        out.extend(format!(",\"deleted_at\":\"{deleted_at}\"}}").into_bytes());
    }
    out.push(b']');
    out
}

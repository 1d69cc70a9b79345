//! Bodies as a reader of the description meets them.

use serde_json::{Value, json};

/// Everything that a client can decide on.
pub(super) fn new_task() -> Value {
    json!({
        "title": "Buy milk",
        "description": "Two litres",
        "completed": false,
        "priority": "high",
        "tags": ["home", "shop"],
        "due_date": "2026-12-24T18:30:00Z",
    })
}

/// The task that comes of it.
pub(in crate::tasks) fn task() -> Value {
    let mut task = new_task();
    task["id"] = json!(59_551_795_828_352_i64);
    task["user_id"] = json!("m5nXk2");
    task["created_at"] = json!("2026-11-21T02:48:54.878123Z");
    task["updated_at"] = task["created_at"].clone();
    task["version"] = json!(12);
    task
}

/// The same task, done.
pub(super) fn completed() -> Value {
    let mut task = task();
    task["completed"] = json!(true);
    task["updated_at"] = json!("2026-11-21T09:12:01.000417Z");
    task["version"] = json!(13);
    task
}

//! Bodies as a reader of the description meets them.

use serde_json::{Value, json};

/// A task with every member set.
pub(super) fn task() -> Value {
    json!({
        "id": 59_551_795_828_352_i64,
        "user_id": "m5nXk2",
        "title": "Buy milk",
        "description": "Two litres",
        "completed": false,
        "priority": "high",
        "tags": ["home", "shop"],
        "due_date": "2026-12-24T18:30:00Z",
        "created_at": "2026-11-21T02:48:54.878123Z",
        "updated_at": "2026-11-21T02:48:54.878123Z",
    })
}

/// The same task, done.
pub(super) fn completed() -> Value {
    let mut task = task();
    task["completed"] = json!(true);
    task["updated_at"] = json!("2026-11-21T09:12:01.000417Z");
    task
}

/// The least that a new task needs.
pub(super) fn smallest() -> Value {
    json!({"title": "Buy milk"})
}

/// Everything that a client can decide on.
pub(super) fn full() -> Value {
    json!({
        "title": "Buy milk",
        "description": "Two litres",
        "completed": false,
        "priority": "high",
        "tags": ["home", "shop"],
        "due_date": "2026-12-24T18:30:00Z",
    })
}

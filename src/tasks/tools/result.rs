//! What a tool gives back. Who the owner is, is not said: a model needs no user id, and what it does not have, it
//! cannot pass on.

use serde::Serialize;
use serde_json::{Value, json};

use crate::db::Timestamp;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::Task;
use crate::tasks::task::priority::Priority;
use crate::tasks::task::tags::Tags;

/// A page ends after so many bytes of JSON: a few thousand words for a model.
const PAGE_BYTES: usize = 16 * 1024;

/// A task as a model sees it.
#[derive(Serialize)]
struct ToolTask<'a> {
    id: TaskId,
    title: &'a str,
    description: Option<&'a str>,
    completed: bool,
    priority: Priority,
    tags: &'a Tags,
    due_date: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Timestamp>,
}

/// A task, with the moment of its deletion if it is in the trash.
pub(super) fn task(task: &Task, deleted_at: Option<Timestamp>) -> Value {
    let shown = ToolTask {
        id: task.id,
        title: &task.title,
        description: task.description.as_deref(),
        completed: task.completed,
        priority: task.priority,
        tags: &task.tags,
        due_date: task.due_date,
        created_at: task.created_at,
        updated_at: task.updated_at,
        version: task.seq,
        deleted_at,
    };
    // Texts and numbers, and tags that are JSON already.
    serde_json::to_value(shown).unwrap_or_default()
}

/// One task as the whole result.
pub(super) fn one(written: &Task) -> Value {
    json!({"task": task(written, None)})
}

/// As many of these tasks as a page holds, but one at least.
pub(super) fn page(tasks: impl Iterator<Item = Value>) -> Vec<Value> {
    let (mut bytes, mut shown) = (0, Vec::new());
    for task in tasks {
        bytes += task.to_string().len();
        if bytes > PAGE_BYTES && !shown.is_empty() {
            break;
        }
        shown.push(task);
    }
    shown
}

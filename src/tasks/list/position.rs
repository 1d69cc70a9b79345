//! A place in a sorted list: the sort key and the id of the task that was shown last.

use super::sort::SortKey;
use crate::db::Timestamp;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::Task;
use crate::tasks::task::priority::Priority;

/// The value of a task's sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyValue {
    /// Of `updated_at` and `due_date`.
    Moment(Timestamp),
    /// Of `title`.
    Text(String),
    /// Of `priority`.
    Priority(Priority),
    /// Of `due_date`, where there is none, and of `created_at`: the id says it.
    Nothing,
}

/// Where a page ended, and so where the next one goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The sort key of the last task.
    pub(crate) key: KeyValue,
    /// Its id, which breaks ties.
    pub(crate) id: TaskId,
}

impl Position {
    /// The position of this task in a list sorted by `sort`.
    pub(crate) fn of(task: &Task, sort: SortKey) -> Self {
        let key = match sort {
            SortKey::CreatedAt => KeyValue::Nothing,
            SortKey::UpdatedAt => KeyValue::Moment(task.updated_at),
            SortKey::DueDate => task.due_date.map_or(KeyValue::Nothing, KeyValue::Moment),
            SortKey::Title => KeyValue::Text(task.title.clone()),
            SortKey::Priority => KeyValue::Priority(task.priority),
        };
        Self { key, id: task.id }
    }
}

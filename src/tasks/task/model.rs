//! A task: as it is stored, as a client makes it, and as a client changes it.

use diesel::Queryable;
use serde::Serialize;

use super::id::TaskId;
use super::priority::Priority;
use super::tags::Tags;
use crate::auth::OwnerId;
use crate::db::Timestamp;

/// A stored task, in the order of the table's columns.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub(crate) struct Task {
    pub(crate) user_id: String,
    pub(crate) id: TaskId,
    /// The number of its last write among all writes of its owner; the task's `ETag`.
    pub(crate) seq: i64,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) completed: bool,
    pub(crate) priority: Priority,
    pub(crate) tags: Tags,
    pub(crate) due_date: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// The members a client decides on when it makes a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NewTask {
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) completed: bool,
    pub(crate) priority: Priority,
    pub(crate) tags: Tags,
    pub(crate) due_date: Option<Timestamp>,
}

impl NewTask {
    /// A task of which only the title was given.
    #[cfg(test)]
    pub(in crate::tasks) fn for_tests(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            description: None,
            completed: false,
            priority: Priority::default(),
            tags: Tags::default(),
            due_date: None,
        }
    }

    /// The row that was stored when the owner made this task, by that write and at that time.
    pub(in crate::tasks) fn as_stored(
        &self,
        owner: &OwnerId,
        (id, seq): (TaskId, i64),
        at: Timestamp,
    ) -> Task {
        Task {
            user_id: owner.as_str().to_owned(),
            id,
            seq,
            title: self.title.clone(),
            description: self.description.clone(),
            completed: self.completed,
            priority: self.priority,
            tags: self.tags.clone(),
            due_date: self.due_date,
            created_at: at,
            updated_at: at,
        }
    }
}

/// The members a client wants changed: `None` leaves, `Some(None)` clears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskChanges {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<Option<String>>,
    pub(crate) completed: Option<bool>,
    pub(crate) priority: Option<Priority>,
    pub(crate) tags: Option<Tags>,
    pub(crate) due_date: Option<Option<Timestamp>>,
}

impl TaskChanges {
    /// Whether there is nothing to change.
    pub(in crate::tasks) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

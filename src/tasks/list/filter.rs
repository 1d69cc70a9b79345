//! Which of the owner's tasks a list shows. All conditions must hold together.

use serde::Serialize;

use crate::db::Timestamp;
use crate::tasks::task::priority::Priority;

/// The conditions of a list; the default shows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct TaskFilter {
    /// Only tasks in this state.
    pub(crate) completed: Option<bool>,
    /// Only tasks with one of these; any when empty.
    pub(crate) priorities: Vec<Priority>,
    /// Only tasks that carry all of these.
    pub(crate) tags: Vec<String>,
    /// Only tasks due earlier than this moment.
    pub(crate) due_before: Option<Timestamp>,
    /// Only tasks due later than this moment.
    pub(crate) due_after: Option<Timestamp>,
    /// Only tasks whose title or description contains this text, whatever its case and accents.
    pub(crate) search: Option<String>,
}

impl TaskFilter {
    /// One spelling for all that mean the same, so that a cursor does not depend on the order in which
    /// a client repeats its tags.
    pub(super) fn normalize(&mut self) {
        self.priorities.sort_unstable();
        self.priorities.dedup();
        self.tags.sort_unstable();
        self.tags.dedup();
    }

    /// Whether it shows everything.
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

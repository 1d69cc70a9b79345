//! The second step of a write: the one on the tasks.

use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};

use super::{COLUMNS, INSERT};
use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::db::schema::tasks;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, TaskChanges};

/// Stores a new task.
pub(in crate::tasks::store) struct Insert<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) new: &'a NewTask,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(Insert, |self, out| {
    sql!(out,
        {INSERT} "SELECT " [Text: self.owner.as_str()]
        ", o.last_id, o.seq, " [Text: &self.new.title] ", " [Nullable<Text>: &self.new.description]
        ", " [Bool: &self.new.completed] ", " [SmallInt: &self.new.priority]
        ", " [Text: &self.new.tags] ", " [Nullable<BigInt>: &self.new.due_date]
        ", " [BigInt: &self.now] ", " [BigInt: &self.now] " FROM o"
    );
});

/// Changes a task: what is `None` stays. One text for every set of changes, so that it is planned once.
pub(in crate::tasks::store) struct Change<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
    pub(in crate::tasks::store) changes: &'a TaskChanges,
    /// Turns `completed` round instead of setting it.
    pub(in crate::tasks::store) flips: bool,
    pub(in crate::tasks::store) expected: Option<i64>,
    pub(in crate::tasks::store) now: Timestamp,
}

/// Whether a member that may be empty is to be changed, and to what.
fn set<T>(change: &Option<Option<T>>) -> (&'static bool, &Option<T>) {
    change.as_ref().map_or((&false, &None), |value| (&true, value))
}

statement!(Change -> tasks::SqlType, |self, out| {
    let TaskChanges { title, description, completed, priority, tags, due_date } = self.changes;
    let ((describes, description), (dates, due_date)) = (set(description), set(due_date));
    sql!(out,
        "UPDATE tasks SET seq = o.seq, title = coalesce(" [Nullable<Text>: title] ", title), "
        "description = CASE WHEN " [Bool: describes] " THEN " [Nullable<Text>: description]
        " ELSE description END, completed = CASE WHEN " [Bool: &self.flips] " THEN NOT completed "
        "ELSE coalesce(" [Nullable<Bool>: completed] ", completed) END, "
        "priority = coalesce(" [Nullable<SmallInt>: priority] ", priority), "
        "tags = coalesce(" [Nullable<Text>: tags] ", tags), "
        "due_date = CASE WHEN " [Bool: dates] " THEN " [Nullable<BigInt>: due_date]
        " ELSE due_date END, updated_at = " [BigInt: &self.now]
        " FROM o WHERE tasks.user_id = " [Text: self.owner.as_str()]
        " AND tasks.id = " [BigInt: &self.id]
        " AND tasks.seq = coalesce(" [Nullable<BigInt>: &self.expected] ", tasks.seq) RETURNING "
        {COLUMNS}
    );
});

/// Deletes a task.
pub(in crate::tasks::store) struct Delete<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
    pub(in crate::tasks::store) expected: Option<i64>,
}

statement!(Delete, |self, out| {
    sql!(out,
        "DELETE FROM tasks WHERE user_id = " [Text: self.owner.as_str()]
        " AND id = " [BigInt: &self.id] " AND seq = coalesce(" [Nullable<BigInt>: &self.expected]
        ", seq)"
    );
});

/// Deletes the tasks whose ids are in a range: the completed ones, or all.
pub(in crate::tasks::store) struct DeleteRange<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    /// The range begins after this id.
    pub(in crate::tasks::store) above: i64,
    /// The last id of the range.
    pub(in crate::tasks::store) last: i64,
    pub(in crate::tasks::store) pending_too: bool,
}

statement!(DeleteRange, |self, out| {
    sql!(out,
        "DELETE FROM tasks WHERE user_id = " [Text: self.owner.as_str()]
        " AND id > " [BigInt: &self.above] " AND id <= " [BigInt: &self.last]
        " AND (completed OR " [Bool: &self.pending_too] ")"
    );
});

/// Deletes all that a table holds of the owner.
pub(in crate::tasks::store) struct Erase<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) table: &'static str,
}

/// Every table that holds anything of a user, but for the owner's row.
pub(in crate::tasks::store) const TABLES: [&str; 3] =
    ["idempotency_keys", "tasks", "deleted_tasks"];

statement!(Erase, not kept, |self, out| {
    sql!(out, "DELETE FROM " {self.table} " WHERE user_id = " [Text: self.owner.as_str()]);
});

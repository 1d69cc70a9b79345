//! What is deleted, and what comes back. A row of `deleted_tasks` without a title is a mere mark.

use diesel::sql_types::{BigInt, Nullable, Text};

use super::{COLUMNS, CONTENT, INSERT};
use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::db::schema::tasks;
use crate::tasks::task::id::TaskId;

/// Puts a task that is about to be deleted into the trash, with the `seq` that the first step has taken.
pub(in crate::tasks::store) struct Bury<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(Bury, |self, out| {
    sql!(out,
        {BURY} "SELECT user_id, id, o.seq, " [BigInt: &self.now] ", " {CONTENT}
        " FROM tasks, o WHERE user_id = " [Text: self.owner.as_str()] " AND id = " [BigInt: &self.id]
    );
});

/// Puts the completed tasks whose ids are in a range, and which are about to be deleted, into the trash, with the next
/// `seq`s in the order of their ids.
pub(in crate::tasks::store) struct BuryCompleted<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    /// The range begins after this id.
    pub(in crate::tasks::store) above: i64,
    /// The last id of the range.
    pub(in crate::tasks::store) last: i64,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(BuryCompleted, |self, out| {
    sql!(out,
        {BURY} "SELECT tasks.user_id, id, owners.seq + row_number() OVER (ORDER BY id), "
        [BigInt: &self.now] ", " {CONTENT} " FROM tasks, owners WHERE tasks.user_id = "
        [Text: self.owner.as_str()] " AND id > " [BigInt: &self.above] " AND id <= "
        [BigInt: &self.last] " AND completed AND owners.user_id = " [Text: self.owner.as_str()]
    );
});

/// The id of the deleted task that comes after so many others, in the order of the ids; no row when there are fewer.
pub(in crate::tasks::store) struct NthDeleted<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) before: i64,
}

statement!(NthDeleted -> BigInt, |self, out| {
    sql!(out,
        "SELECT id FROM deleted_tasks WHERE user_id = " [Text: self.owner.as_str()]
        " ORDER BY id LIMIT 1 OFFSET " [BigInt: &self.before]
    );
});

/// Forgets the owner's deleted tasks up to this id, marks and all: the account goes with them.
pub(in crate::tasks::store) struct EraseDeleted<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) last: TaskId,
}

statement!(EraseDeleted, |self, out| {
    sql!(out,
        "DELETE FROM deleted_tasks WHERE user_id = " [Text: self.owner.as_str()]
        " AND id <= " [BigInt: &self.last]
    );
});

/// Begins a statement that fills the trash.
pub(in crate::tasks::store) const BURY: &str = "INSERT INTO deleted_tasks (user_id, id, seq, deleted_at, title, description, \
    completed, priority, tags, due_date, created_at, updated_at) ";

/// Takes a `seq` for a task that comes back; gives no row when it is not in the trash, or when there is no room.
pub(in crate::tasks::store) struct TakeBack<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
    /// The `seq` that the deletion must have.
    pub(in crate::tasks::store) expected: Option<i64>,
    pub(in crate::tasks::store) limit: i64,
}

statement!(TakeBack -> (BigInt, BigInt), |self, out| {
    sql!(out,
        "UPDATE owners SET seq = seq + 1, tasks = tasks + 1 WHERE user_id = "
        [Text: self.owner.as_str()] " AND tasks < " [BigInt: &self.limit]
        " AND EXISTS (SELECT 1 FROM deleted_tasks AS d WHERE d.user_id = " [Text: self.owner.as_str()]
        " AND d.id = " [BigInt: &self.id] " AND d.title IS NOT NULL AND d.seq = coalesce("
        [Nullable<BigInt>: &self.expected] ", d.seq)) RETURNING seq, last_id"
    );
});

/// Brings the task back as it was, but for its `seq`.
pub(in crate::tasks::store) struct Restore<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
}

statement!(Restore -> tasks::SqlType, |self, out| {
    sql!(out,
        {INSERT} "SELECT user_id, id, o.seq, " {CONTENT} " FROM deleted_tasks, o WHERE user_id = "
        [Text: self.owner.as_str()] " AND id = " [BigInt: &self.id] " RETURNING " {COLUMNS}
    );
});

/// Removes a task from the trash.
pub(in crate::tasks::store) struct Unbury<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
}

statement!(Unbury, |self, out| {
    sql!(out,
        "DELETE FROM deleted_tasks WHERE user_id = " [Text: self.owner.as_str()]
        " AND id = " [BigInt: &self.id]
    );
});

/// The tasks in the trash that were deleted before a `seq`, the last one first, and when.
pub(in crate::tasks::store) struct Trash<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) below: i64,
    pub(in crate::tasks::store) limit: i64,
}

statement!(Trash -> (tasks::SqlType, BigInt), |self, out| {
    sql!(out,
        "SELECT user_id, id, seq, " {CONTENT} ", deleted_at FROM deleted_tasks WHERE user_id = "
        [Text: self.owner.as_str()] " AND title IS NOT NULL AND seq < " [BigInt: &self.below]
        " ORDER BY seq DESC LIMIT " [BigInt: &self.limit]
    );
});

/// The `seq` of a task in the trash.
pub(in crate::tasks::store) struct FindBuried<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
}

statement!(FindBuried -> BigInt, |self, out| {
    sql!(out,
        "SELECT seq FROM deleted_tasks WHERE user_id = " [Text: self.owner.as_str()]
        " AND id = " [BigInt: &self.id] " AND title IS NOT NULL"
    );
});

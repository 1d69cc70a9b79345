//! The first step of a write: the one on the owner's row.

use diesel::sql_types::{BigInt, Nullable, Text};

use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::tasks::task::id::TaskId;

/// Takes a `seq` and an id for a new task; gives no row when the owner has as many tasks as one may have.
pub(in crate::tasks::store) struct TakeId<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    /// The least id, by the clock.
    pub(in crate::tasks::store) clock: TaskId,
    pub(in crate::tasks::store) limit: i64,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(TakeId -> (BigInt, BigInt), |self, out| {
    sql!(out,
        "INSERT INTO owners (user_id, seq, last_id, tasks, epoch) "
        "VALUES (" [Text: self.owner.as_str()] ", 1, " [BigInt: &self.clock] ", 1, " [BigInt: &self.now]
        ") ON CONFLICT (user_id) DO UPDATE SET seq = owners.seq + 1, tasks = owners.tasks + 1, "
        "last_id = CASE WHEN excluded.last_id > owners.last_id THEN excluded.last_id "
        "ELSE owners.last_id + 1 END WHERE owners.tasks < " [BigInt: &self.limit]
        " RETURNING seq, last_id"
    );
});

/// Takes a `seq` for a change of a task; gives no row when there is no such task.
pub(in crate::tasks::store) struct TakeSeq<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
    /// The `seq` that the task must have.
    pub(in crate::tasks::store) expected: Option<i64>,
}

statement!(TakeSeq -> (BigInt, BigInt), |self, out| {
    sql!(out,
        "UPDATE owners SET seq = seq + 1 WHERE user_id = " [Text: self.owner.as_str()]
        " AND EXISTS (SELECT 1 FROM tasks WHERE tasks.user_id = " [Text: self.owner.as_str()]
        " AND tasks.id = " [BigInt: &self.id]
        " AND tasks.seq = coalesce(" [Nullable<BigInt>: &self.expected]
        ", tasks.seq)) RETURNING seq, last_id"
    );
});

/// Counts tasks that are gone.
pub(in crate::tasks::store) struct CountDown<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) deleted: i64,
}

statement!(CountDown, |self, out| {
    sql!(out,
        "UPDATE owners SET seq = seq + 1, tasks = tasks - " [BigInt: &self.deleted]
        " WHERE user_id = " [Text: self.owner.as_str()]
    );
});

/// Locks the owner's row on PostgreSQL, before a write that only knows afterwards what to note there. On SQLite
/// there is one writer anyway.
pub(in crate::tasks::store) struct Lock<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
}

statement!(Lock -> Text, |self, out| {
    sql!(out,
        "SELECT user_id FROM owners WHERE user_id = " [Text: self.owner.as_str()]
        " FOR NO KEY UPDATE"
    );
});

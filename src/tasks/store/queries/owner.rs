//! The owner's row, and the first step of a write, which is on it.

use diesel::sql_types::{Array, BigInt, Nullable, Text};

use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::tasks::task::id::TaskId;

/// Takes a `seq` and an id for a new task; gives no row when the owner has as many tasks as one may have, or was
/// erased.
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
        "ELSE owners.last_id + 1 END WHERE owners.erased_at IS NULL AND owners.tasks < "
        [BigInt: &self.limit]
        " RETURNING seq, last_id"
    );
});

/// Marks the owner as erased, and makes all other writes of the owner wait.
pub(in crate::tasks::store) struct MarkErased<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(MarkErased, |self, out| {
    sql!(out,
        "INSERT INTO owners (user_id, seq, last_id, tasks, epoch, erased_at) VALUES ("
        [Text: self.owner.as_str()] ", 1, 0, 0, " [BigInt: &self.now] ", " [BigInt: &self.now]
        ") ON CONFLICT (user_id) DO UPDATE SET seq = owners.seq + 1, last_id = 0, tasks = 0, "
        "epoch = excluded.epoch, purged_seq = owners.seq + 1, erased_at = excluded.erased_at"
    );
});

/// When the owner was erased; no row when that was not so.
pub(in crate::tasks::store) struct ErasedAt<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
}

statement!(ErasedAt -> BigInt, |self, out| {
    sql!(out,
        "SELECT erased_at FROM owners WHERE user_id = " [Text: self.owner.as_str()]
        " AND erased_at IS NOT NULL"
    );
});

/// How far the owner's writes have come: epoch, `seq`, and the highest `seq` of a deletion that is forgotten.
pub(in crate::tasks::store) struct State<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
}

statement!(State -> (BigInt, BigInt, BigInt), |self, out| {
    sql!(out,
        "SELECT epoch, seq, purged_seq FROM owners WHERE user_id = " [Text: self.owner.as_str()]
    );
});

/// Notes that no deletion is known any more: a client that follows the owner's changes reads everything again.
pub(in crate::tasks::store) struct ForgetAll<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
}

statement!(ForgetAll, |self, out| {
    sql!(out, "UPDATE owners SET purged_seq = seq WHERE user_id = " [Text: self.owner.as_str()]);
});

/// As [`State`], of several users whom this instance knows by their tokens.
pub(in crate::tasks::store) struct StatesOnPostgres<'a> {
    pub(in crate::tasks::store) users: &'a [String],
}

statement!(StatesOnPostgres -> (Text, (BigInt, BigInt, BigInt)), on Pg, |self, out| {
    sql!(out,
        "SELECT user_id, epoch, seq, purged_seq FROM owners WHERE user_id = ANY("
        [Array<Text>: self.users] ")"
    );
});

/// As [`StatesOnPostgres`]: the users as a JSON array.
pub(in crate::tasks::store) struct StatesOnSqlite<'a> {
    pub(in crate::tasks::store) users: &'a str,
}

statement!(StatesOnSqlite -> (Text, (BigInt, BigInt, BigInt)), |self, out| {
    sql!(out,
        "SELECT user_id, epoch, seq, purged_seq FROM owners WHERE user_id IN "
        "(SELECT value FROM json_each(" [Text: self.users] "))"
    );
});

/// Takes a `seq` for a change of a task; gives no row when there is no such task.
pub(in crate::tasks::store) struct TakeSeq<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
    /// The `seq` that the task must have.
    pub(in crate::tasks::store) expected: Option<i64>,
    /// How many tasks there are fewer afterwards.
    pub(in crate::tasks::store) fewer: i64,
}

statement!(TakeSeq -> (BigInt, BigInt), |self, out| {
    sql!(out,
        "UPDATE owners SET seq = seq + 1, tasks = tasks - " [BigInt: &self.fewer]
        " WHERE user_id = " [Text: self.owner.as_str()]
        " AND EXISTS (SELECT 1 FROM tasks WHERE tasks.user_id = " [Text: self.owner.as_str()]
        " AND tasks.id = " [BigInt: &self.id]
        " AND tasks.seq = coalesce(" [Nullable<BigInt>: &self.expected]
        ", tasks.seq)) RETURNING seq, last_id"
    );
});

/// Counts tasks that are gone, each with a `seq` of its own.
pub(in crate::tasks::store) struct CountDown<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) deleted: i64,
}

statement!(CountDown, |self, out| {
    sql!(out,
        "UPDATE owners SET seq = seq + " [BigInt: &self.deleted] ", tasks = tasks - " [BigInt: &self.deleted]
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

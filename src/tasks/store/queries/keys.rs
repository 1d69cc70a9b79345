//! The statements on idempotency keys.

use diesel::sql_types::{BigInt, Nullable, Text};

use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::tasks::idempotency::{Fingerprint, IdempotencyKey};

/// Stores the key of the request that makes a task; a conflict when the owner has used it before.
pub(in crate::tasks::store) struct InsertKey<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) key: &'a IdempotencyKey,
    pub(in crate::tasks::store) fingerprint: &'a Fingerprint,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(InsertKey, |self, out| {
    sql!(out,
        "INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, task_seq, created_at)"
        " SELECT " [Text: self.owner.as_str()] ", " [Text: self.key.as_str()]
        ", " [Text: self.fingerprint.as_str()] ", o.last_id, o.seq, " [BigInt: &self.now] " FROM o"
    );
});

/// Stores the key of a batch, and what that has done; a conflict when the owner has used the key before. The owner has
/// a row by then, because something was written.
pub(in crate::tasks::store) struct InsertOutcome<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) key: &'a IdempotencyKey,
    pub(in crate::tasks::store) fingerprint: &'a Fingerprint,
    pub(in crate::tasks::store) outcome: &'a str,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(InsertOutcome, |self, out| {
    sql!(out,
        "INSERT INTO idempotency_keys "
        "(user_id, key, fingerprint, task_id, task_seq, created_at, outcome)"
        " SELECT user_id, " [Text: self.key.as_str()] ", " [Text: self.fingerprint.as_str()]
        ", last_id, seq, " [BigInt: &self.now] ", " [Text: self.outcome]
        " FROM owners WHERE user_id = " [Text: self.owner.as_str()]
    );
});

/// Fingerprint and outcome of the batch that has used this key after a moment.
pub(in crate::tasks::store) struct FindOutcome<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) key: &'a IdempotencyKey,
    pub(in crate::tasks::store) until: Timestamp,
}

statement!(FindOutcome -> (Text, Nullable<Text>), |self, out| {
    sql!(out,
        "SELECT fingerprint, outcome FROM idempotency_keys WHERE user_id = "
        [Text: self.owner.as_str()] " AND key = " [Text: self.key.as_str()]
        " AND created_at > " [BigInt: &self.until]
    );
});

/// Fingerprint, task id, `seq` and time of the request that has used this key.
pub(in crate::tasks::store) struct FindKey<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) key: &'a IdempotencyKey,
}

statement!(FindKey -> (Text, BigInt, BigInt, BigInt), |self, out| {
    sql!(out,
        "SELECT fingerprint, task_id, task_seq, created_at FROM idempotency_keys"
        " WHERE user_id = " [Text: self.owner.as_str()] " AND key = " [Text: self.key.as_str()]
    );
});

/// The owner's key that comes after so many others, in their order; no row when there are fewer.
pub(in crate::tasks::store) struct NthKey<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) before: i64,
}

statement!(NthKey -> Text, |self, out| {
    sql!(out,
        "SELECT key FROM idempotency_keys WHERE user_id = " [Text: self.owner.as_str()]
        " ORDER BY key LIMIT 1 OFFSET " [BigInt: &self.before]
    );
});

/// Deletes the owner's keys up to this one, in their order.
pub(in crate::tasks::store) struct EraseKeys<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) last: &'a str,
}

statement!(EraseKeys, |self, out| {
    sql!(out,
        "DELETE FROM idempotency_keys WHERE user_id = " [Text: self.owner.as_str()]
        " AND key <= " [Text: self.last]
    );
});

/// Deletes this key when it has expired, so that it can be used again.
pub(in crate::tasks::store) struct FreeKey<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) key: &'a IdempotencyKey,
    /// Used at this moment or before.
    pub(in crate::tasks::store) until: Timestamp,
}

statement!(FreeKey, |self, out| {
    sql!(out,
        "DELETE FROM idempotency_keys WHERE user_id = " [Text: self.owner.as_str()]
        " AND key = " [Text: self.key.as_str()] " AND created_at <= " [BigInt: &self.until]
    );
});

//! Forgetting what time has made useless: of a user, named by the id alone, because time does it and no request. These
//! statements give nothing of a task.

use diesel::sql_types::{BigInt, Text};

use crate::db::Timestamp;

/// The next user, in the order of the ids, of whom a table holds anything.
pub(in crate::tasks::store) struct NextUser<'a> {
    pub(in crate::tasks::store) table: &'static str,
    pub(in crate::tasks::store) after: &'a str,
}

statement!(NextUser -> Text, not kept, |self, out| {
    sql!(out,
        "SELECT user_id FROM " {self.table} " WHERE user_id > " [Text: self.after]
        " ORDER BY user_id LIMIT 1"
    );
});

/// What is forgotten of a user in one step.
#[derive(Clone, Copy)]
pub(in crate::tasks::store) struct Expired<'a> {
    pub(in crate::tasks::store) user_id: &'a str,
    /// What was deleted, or used, before this moment.
    pub(in crate::tasks::store) before: Timestamp,
    /// At most so many rows.
    pub(in crate::tasks::store) limit: i64,
}

/// Forgets the content, of the newest deletions first, and keeps the marks.
pub(in crate::tasks::store) struct EmptyTrash<'a>(pub(in crate::tasks::store) Expired<'a>);

statement!(EmptyTrash, |self, out| {
    sql!(out,
        "UPDATE deleted_tasks SET title = NULL, description = NULL, completed = NULL, priority = NULL, \
         tags = NULL, due_date = NULL, created_at = NULL, updated_at = NULL WHERE user_id = "
        [Text: self.0.user_id] " AND seq IN (SELECT seq FROM deleted_tasks WHERE user_id = "
        [Text: self.0.user_id] " AND title IS NOT NULL AND deleted_at < " [BigInt: &self.0.before]
        " ORDER BY seq DESC LIMIT " [BigInt: &self.0.limit] ")"
    );
});

/// Of the oldest deletions, notes up to which `seq` the marks are about to be forgotten. On PostgreSQL it also locks the owner's row.
pub(in crate::tasks::store) struct NoteForgotten<'a>(pub(in crate::tasks::store) Expired<'a>);

statement!(NoteForgotten, |self, out| {
    sql!(out,
        "UPDATE owners SET purged_seq = coalesce((SELECT seq FROM deleted_tasks WHERE user_id = "
        [Text: self.0.user_id] " AND deleted_at < " [BigInt: &self.0.before]
        " AND seq > owners.purged_seq ORDER BY seq LIMIT 1 OFFSET " [BigInt: &self.0.limit]
        " - 1), (SELECT max(seq) FROM deleted_tasks WHERE user_id = " [Text: self.0.user_id]
        " AND deleted_at < " [BigInt: &self.0.before]
        " AND seq > owners.purged_seq), purged_seq) WHERE user_id = " [Text: self.0.user_id]
    );
});

/// Forgets the marks up to the `seq` that was noted.
pub(in crate::tasks::store) struct ForgetMarks<'a>(pub(in crate::tasks::store) Expired<'a>);

statement!(ForgetMarks, |self, out| {
    sql!(out,
        "DELETE FROM deleted_tasks WHERE user_id = " [Text: self.0.user_id] " AND deleted_at < "
        [BigInt: &self.0.before] " AND seq <= (SELECT purged_seq FROM owners WHERE user_id = "
        [Text: self.0.user_id] ")"
    );
});

/// Forgets idempotency keys, of the oldest first.
pub(in crate::tasks::store) struct ForgetKeys<'a>(pub(in crate::tasks::store) Expired<'a>);

statement!(ForgetKeys, |self, out| {
    sql!(out,
        "DELETE FROM idempotency_keys WHERE user_id = " [Text: self.0.user_id]
        " AND key IN (SELECT key FROM idempotency_keys WHERE user_id = " [Text: self.0.user_id]
        " AND created_at < " [BigInt: &self.0.before] " ORDER BY created_at LIMIT "
        [BigInt: &self.0.limit] ")"
    );
});

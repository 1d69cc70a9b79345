//! What happened to an owner's tasks since a `seq`, in the order of the writes.

use diesel::sql_types::BigInt;
use diesel::sql_types::Text;

use super::reads::select;
use crate::auth::OwnerId;
use crate::db::schema::tasks;

/// A part of the order of an owner's writes.
#[derive(Clone, Copy)]
pub(in crate::tasks::store) struct Window {
    /// After this `seq`.
    pub(in crate::tasks::store) above: i64,
    /// Up to this one.
    pub(in crate::tasks::store) to: i64,
    /// At most so many rows.
    pub(in crate::tasks::store) limit: i64,
}

/// The tasks whose last write is in the window, as that has left them.
pub(in crate::tasks::store) struct Changed<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) window: Window,
}

statement!(Changed -> tasks::SqlType, |self, out| {
    select(&mut out, self.owner)?;
    sql!(out,
        " AND seq > " [BigInt: &self.window.above] " AND seq <= " [BigInt: &self.window.to]
        " ORDER BY seq LIMIT " [BigInt: &self.window.limit]
    );
});

/// `seq` and id of the deletions in the window.
pub(in crate::tasks::store) struct Deleted<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) window: Window,
}

statement!(Deleted -> (BigInt, BigInt), |self, out| {
    sql!(out,
        "SELECT seq, id FROM deleted_tasks WHERE user_id = " [Text: self.owner.as_str()]
        " AND seq > " [BigInt: &self.window.above] " AND seq <= " [BigInt: &self.window.to]
        " ORDER BY seq LIMIT " [BigInt: &self.window.limit]
    );
});

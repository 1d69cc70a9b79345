//! The reads that a key leads to.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::AstPass;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Text};

use super::COLUMNS;
use crate::auth::OwnerId;
use crate::db::schema::tasks;
use crate::tasks::task::id::TaskId;

/// One task.
pub(in crate::tasks::store) struct Find<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
}

statement!(Find -> tasks::SqlType, |self, out| {
    select(&mut out, self.owner)?;
    sql!(out, " AND id = " [BigInt: &self.id]);
});

/// How many ids [`Several`] can name.
pub(in crate::tasks::store) const MOST_AT_ONCE: usize = 32;

/// The tasks with these ids. Its text is always the same, so that one prepared statement is enough: places that are
/// not used hold 0, which is no task's id.
pub(in crate::tasks::store) struct Several<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) ids: [i64; MOST_AT_ONCE],
}

statement!(Several -> tasks::SqlType, |self, out| {
    select(&mut out, self.owner)?;
    for (index, id) in self.ids.iter().enumerate() {
        let before = if index == 0 { " AND id IN (" } else { ", " };
        sql!(out, {before} [BigInt: id]);
    }
    sql!(out, ")");
});

/// A page of tasks in the order of their ids.
pub(super) trait ByKey {
    /// On which side of the bound the page lies.
    const SIDE: &'static str;
    /// In which direction it goes.
    const ORDER: &'static str;

    /// Whose tasks, from where on, and how many at most.
    fn bounds(&self) -> (&OwnerId, &i64, &i64);
}

/// The newest tasks made before `below`.
pub(in crate::tasks::store) struct Newest<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) below: i64,
    pub(in crate::tasks::store) limit: i64,
}

impl ByKey for Newest<'_> {
    const SIDE: &'static str = " AND tasks.id < ";
    const ORDER: &'static str = " ORDER BY tasks.id DESC LIMIT ";

    fn bounds(&self) -> (&OwnerId, &i64, &i64) {
        (self.owner, &self.below, &self.limit)
    }
}

statement!(Newest -> tasks::SqlType, |self, out| { by_key(&mut out, self)?; });

/// The oldest tasks made after `above`.
pub(in crate::tasks::store) struct Oldest<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) above: i64,
    pub(in crate::tasks::store) limit: i64,
}

impl ByKey for Oldest<'_> {
    const SIDE: &'static str = " AND tasks.id > ";
    const ORDER: &'static str = " ORDER BY tasks.id LIMIT ";

    fn bounds(&self) -> (&OwnerId, &i64, &i64) {
        (self.owner, &self.above, &self.limit)
    }
}

statement!(Oldest -> tasks::SqlType, |self, out| { by_key(&mut out, self)?; });

fn by_key<'b, DB, Page: ByKey>(out: &mut AstPass<'_, 'b, DB>, page: &'b Page) -> QueryResult<()>
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt>,
    str: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    let (owner, bound, limit) = page.bounds();
    select(out, owner)?;
    sql!(out, {Page::SIDE} [BigInt: bound] {Page::ORDER} [BigInt: limit]);
    Ok(())
}

/// The id of the task that comes so many after another one, in the order of the ids; no row when there are fewer.
pub(in crate::tasks::store) struct NthId<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) above: i64,
    /// How many tasks are between the two.
    pub(in crate::tasks::store) between: i64,
}

statement!(NthId -> BigInt, |self, out| {
    sql!(out,
        "SELECT id FROM tasks WHERE user_id = " [Text: self.owner.as_str()]
        " AND id > " [BigInt: &self.above] " ORDER BY id LIMIT 1 OFFSET " [BigInt: &self.between]
    );
});

/// How many tasks there are.
pub(in crate::tasks::store) struct CountAll<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
}

statement!(CountAll -> BigInt, |self, out| {
    sql!(out, "SELECT tasks FROM owners WHERE user_id = " [Text: self.owner.as_str()]);
});

/// Begins every read of tasks.
pub(super) fn select<'b, DB>(out: &mut AstPass<'_, 'b, DB>, owner: &'b OwnerId) -> QueryResult<()>
where
    DB: Backend + HasSqlType<Text>,
    str: ToSql<Text, DB>,
{
    sql!(out, "SELECT " {COLUMNS} " FROM tasks WHERE user_id = " [Text: owner.as_str()]);
    Ok(())
}

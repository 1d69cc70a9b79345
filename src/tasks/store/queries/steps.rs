//! How the two steps of a write go together: as one statement on PostgreSQL, one after the other on SQLite.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl};

use super::{CountDown, Delete, Lock};

/// Both steps as one statement, on PostgreSQL.
#[derive(QueryId)]
pub(in crate::tasks::store) struct Together<First, Second>(
    pub(in crate::tasks::store) First,
    pub(in crate::tasks::store) Second,
);

impl<First: QueryFragment<Pg>, Second: QueryFragment<Pg>> QueryFragment<Pg>
    for Together<First, Second>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        sql!(out, "WITH o AS (" (self.0) ") " (self.1));
        Ok(())
    }
}

impl<First, Second: Query> Query for Together<First, Second> {
    type SqlType = Second::SqlType;
}

/// A new task as the second step of [`Together`], with its id and `seq` in return. On SQLite both are known from the
/// first step, so nothing is asked for.
#[derive(QueryId)]
pub(in crate::tasks::store) struct Returning<Insertion>(pub(in crate::tasks::store) Insertion);

impl<Insertion: QueryFragment<Pg>> QueryFragment<Pg> for Returning<Insertion> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        sql!(out, (self.0) " RETURNING id, seq");
        Ok(())
    }
}

impl<Insertion> Query for Returning<Insertion> {
    type SqlType = (BigInt, BigInt);
}

/// The second step of [`Together`] with the key before the task.
#[derive(QueryId)]
pub(in crate::tasks::store) struct WithKey<Key, Insertion>(
    pub(in crate::tasks::store) Key,
    pub(in crate::tasks::store) Insertion,
);

impl<Key: QueryFragment<Pg>, Insertion: QueryFragment<Pg>> QueryFragment<Pg>
    for WithKey<Key, Insertion>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        sql!(out, ", k AS (" (self.0) ") " (self.1));
        Ok(())
    }
}

impl<Key, Insertion: Query> Query for WithKey<Key, Insertion> {
    type SqlType = Insertion::SqlType;
}

/// A deletion as one statement, on PostgreSQL: the owner's row is locked first, as by every write, and counted down
/// only where a task is gone.
pub(in crate::tasks::store) struct DeleteAndCount<'a> {
    pub(in crate::tasks::store) lock: Lock<'a>,
    pub(in crate::tasks::store) delete: Delete<'a>,
    pub(in crate::tasks::store) count: CountDown<'a>,
}

statement!(DeleteAndCount, on Pg, |self, out| {
    sql!(out,
        "WITH o AS (" (self.lock) "), d AS (" (self.delete)
        " AND EXISTS (SELECT 1 FROM o) RETURNING id) " (self.count) " AND EXISTS (SELECT 1 FROM d)"
    );
});

/// The second step, with what the first one has given, on SQLite.
#[derive(QueryId)]
pub(in crate::tasks::store) struct After<Second> {
    pub(in crate::tasks::store) seq: i64,
    pub(in crate::tasks::store) last_id: i64,
    pub(in crate::tasks::store) second: Second,
}

impl<Second: QueryFragment<Sqlite>> QueryFragment<Sqlite> for After<Second> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        sql!(out,
            "WITH o (seq, last_id) AS (VALUES (" [BigInt: &self.seq] ", " [BigInt: &self.last_id]
            ")) " (self.second)
        );
        Ok(())
    }
}

impl<Second: Query> Query for After<Second> {
    type SqlType = Second::SqlType;
}

impl<Second, Connection> RunQueryDsl<Connection> for After<Second> {}

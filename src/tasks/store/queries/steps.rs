//! How the two steps of a write go together: as one statement on PostgreSQL, one after the other on SQLite.

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, IntoNullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl};

use super::reads::ByKey;
use super::trash::BURY;
use super::{COLUMNS, CONTENT, Delete, Lock, State};
use crate::db::Timestamp;

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
pub(in crate::tasks::store) struct DeleteAndBury<'a> {
    pub(in crate::tasks::store) lock: Lock<'a>,
    pub(in crate::tasks::store) delete: Delete<'a>,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(DeleteAndBury, on Pg, |self, out| {
    sql!(out,
        "WITH l AS (" (self.lock) "), d AS (" (self.delete)
        " AND EXISTS (SELECT 1 FROM l) RETURNING user_id, id, " {CONTENT}
        "), o AS (UPDATE owners SET seq = seq + 1, tasks = tasks - 1 WHERE user_id = "
        [Text: self.lock.owner.as_str()] " AND EXISTS (SELECT 1 FROM d) RETURNING seq) "
        {BURY} "SELECT user_id, id, seq, " [BigInt: &self.now] ", " {CONTENT} " FROM d, o"
    );
});

/// A page in one snapshot with the owner's state: no row when the owner has none, and one without a task when there is
/// no other.
#[derive(QueryId)]
pub(in crate::tasks::store) struct WithState<Of, Page>(
    pub(in crate::tasks::store) Of,
    pub(in crate::tasks::store) Page,
);

/// A plain join would be sorted here.
impl<Page: QueryFragment<Pg>> QueryFragment<Pg> for WithState<State<'_>, Page> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        sql!(out, "SELECT * FROM (" (self.0) ") AS o LEFT JOIN (" (self.1) ") AS t ON true");
        Ok(())
    }
}

/// A statement in brackets would be put into a table of its own here.
impl<Page: ByKey> QueryFragment<Sqlite> for WithState<State<'_>, Page> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let (owner, bound, limit) = self.1.bounds();
        sql!(out,
            "SELECT epoch, owners.seq, purged_seq, " {COLUMNS} " FROM owners LEFT JOIN tasks ON tasks.user_id = "
            [Text: owner.as_str()] {Page::SIDE} [BigInt: bound] " WHERE owners.user_id = "
            [Text: owner.as_str()] {Page::ORDER} [BigInt: limit]
        );
        Ok(())
    }
}

impl<Of: Query, Page: Query> Query for WithState<Of, Page>
where
    Page::SqlType: IntoNullable,
{
    type SqlType = (Of::SqlType, <Page::SqlType as IntoNullable>::Nullable);
}

impl<Of, Page, Connection> RunQueryDsl<Connection> for WithState<Of, Page> {}

/// The second step, with what the first one has given, as a statement of its own: on SQLite, and where the second one reads
/// another table, which Citus does not put together with a first one that writes.
#[derive(QueryId)]
pub(in crate::tasks::store) struct After<Second> {
    pub(in crate::tasks::store) seq: i64,
    pub(in crate::tasks::store) last_id: i64,
    pub(in crate::tasks::store) second: Second,
}

impl<DB, Second: QueryFragment<DB>> QueryFragment<DB> for After<Second>
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
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

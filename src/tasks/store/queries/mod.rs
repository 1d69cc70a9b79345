//! Every statement on tasks, once for both databases. Each begins with the owner: no row is reached but by the
//! owner's key.
//!
//! A write has two steps: the first takes the next `seq` from the owner's row, whose lock puts all writes of one
//! user in an order; the second writes the task. PostgreSQL runs both as one statement, `WITH o AS (first)
//! second` ([`Together`]). SQLite, whose `WITH` cannot write, runs them one after the other and hands the
//! second what the first has given, as `WITH o AS (VALUES (…)) second` ([`After`]).

mod keys;
mod list;
mod owner;
mod reads;
mod writes;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl};

pub(super) use keys::{FindKey, ForgetAllKeys, ForgetKeys, InsertKey};
pub(super) use list::{Count, List};
pub(super) use owner::{CountDown, Lock, TakeId, TakeSeq};
pub(super) use reads::{CountAll, Find, Newest, Oldest};
pub(super) use writes::{Change, Delete, DeleteCompleted, Erase, Insert, TABLES};

/// The columns of a task, in the order of the table.
pub(super) const COLUMNS: &str = "tasks.user_id, tasks.id, tasks.seq, tasks.title, tasks.description, \
    tasks.completed, tasks.priority, tasks.tags, tasks.due_date, tasks.created_at, tasks.updated_at";

/// Begins a statement that inserts tasks: the same columns, then those that the database fills in.
pub(super) const INSERT: &str = "INSERT INTO tasks (user_id, id, seq, title, description, completed, priority, \
    tags, due_date, created_at, updated_at) ";

/// Both steps as one statement, on PostgreSQL.
#[derive(QueryId)]
pub(super) struct Together<First, Second>(pub(super) First, pub(super) Second);

impl<First: QueryFragment<Pg>, Second: QueryFragment<Pg>> QueryFragment<Pg>
    for Together<First, Second>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH o AS (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") ");
        self.1.walk_ast(out)
    }
}

impl<First, Second: Query> Query for Together<First, Second> {
    type SqlType = Second::SqlType;
}

/// The second step, with what the first one has given, on SQLite.
#[derive(QueryId)]
pub(super) struct After<Second> {
    pub(super) seq: i64,
    pub(super) last_id: i64,
    pub(super) second: Second,
}

impl<Second: QueryFragment<Sqlite>> QueryFragment<Sqlite> for After<Second> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("WITH o (seq, last_id) AS (VALUES (");
        out.push_bind_param::<BigInt, _>(&self.seq)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.last_id)?;
        out.push_sql(")) ");
        self.second.walk_ast(out)
    }
}

impl<Second: Query> Query for After<Second> {
    type SqlType = Second::SqlType;
}

impl<Second, Connection> RunQueryDsl<Connection> for After<Second> {}

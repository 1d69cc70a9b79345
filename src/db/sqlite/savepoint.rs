//! The statements around a group of writes. Diesel writes savepoints as text that is parsed each time; these
//! are prepared once.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

macro_rules! statement {
    ($name:ident, $sql:literal) => {
        #[derive(Clone, Copy, Debug, QueryId)]
        struct $name;

        impl QueryFragment<Sqlite> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                out.push_sql($sql);
                Ok(())
            }
        }

        impl<Conn> RunQueryDsl<Conn> for $name {}
    };
}

statement!(Savepoint, "SAVEPOINT one_write");
statement!(Release, "RELEASE one_write");
statement!(RollBack, "ROLLBACK TO one_write");

/// Takes the write lock, and waits for it.
pub(super) fn begin(connection: &mut SqliteConnection) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
}

pub(super) fn commit(connection: &mut SqliteConnection) -> QueryResult<()> {
    AnsiTransactionManager::commit_transaction(connection)
}

pub(super) fn roll_back(connection: &mut SqliteConnection) -> QueryResult<()> {
    AnsiTransactionManager::rollback_transaction(connection)
}

pub(super) fn save(connection: &mut SqliteConnection) -> QueryResult<()> {
    Savepoint.execute(connection).map(|_| ())
}

pub(super) fn release(connection: &mut SqliteConnection) -> QueryResult<()> {
    Release.execute(connection).map(|_| ())
}

/// Undoes what came after the savepoint, and takes the savepoint away.
pub(super) fn roll_back_to_savepoint(connection: &mut SqliteConnection) -> QueryResult<()> {
    RollBack.execute(connection)?;
    release(connection)
}

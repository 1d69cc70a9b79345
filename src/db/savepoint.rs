//! The statements around a group of writes on SQLite. Diesel writes savepoints as text that is parsed
//! each time; these are prepared once.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use super::connection::DbConnection;
use super::error::DbError;

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

impl DbConnection {
    /// Takes the write lock, and waits for it.
    pub(super) fn begin_write(&mut self) -> Result<(), DbError> {
        let inner = self.sqlite()?;
        Ok(AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?)
    }

    pub(super) fn commit_write(&mut self) -> Result<(), DbError> {
        Ok(AnsiTransactionManager::commit_transaction(self.sqlite()?)?)
    }

    pub(super) fn roll_back_write(&mut self) -> Result<(), DbError> {
        Ok(AnsiTransactionManager::rollback_transaction(self.sqlite()?)?)
    }

    pub(super) fn savepoint(&mut self) -> Result<(), DbError> {
        Savepoint.execute(self.sqlite()?)?;
        Ok(())
    }

    pub(super) fn release(&mut self) -> Result<(), DbError> {
        Release.execute(self.sqlite()?)?;
        Ok(())
    }

    /// Undoes what came after the savepoint, and takes the savepoint away.
    pub(super) fn roll_back_to_savepoint(&mut self) -> Result<(), DbError> {
        RollBack.execute(self.sqlite()?)?;
        self.release()
    }

    fn sqlite(&mut self) -> Result<&mut SqliteConnection, DbError> {
        match self {
            Self::Sqlite(inner) => Ok(inner),
            Self::Postgres(_) => {
                Err(DbError::Unexpected("writes are grouped on SQLite alone".to_owned()))
            }
        }
    }
}

//! One connection type for both databases, chosen at run time.

use diesel::{PgConnection, SqliteConnection};

/// A connection to either database. Made only by `DbManager`, which tries exactly the one the URL
/// names; the derived `establish` would try both and turn a typo into a new empty SQLite file.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    /// PostgreSQL through libpq.
    Postgres(PgConnection),
    /// SQLite, compiled in.
    Sqlite(SqliteConnection),
}

/// A connection to PostgreSQL that sends statements without waiting for the answers to earlier ones. A
/// shared reference suffices to use it.
pub type PipelinedConnection = diesel_async::AsyncPgConnection;

/// Runs a statement on the connection behind a [`DbConnection`]. Where Diesel knows which database it
/// writes for, it finds the prepared statement by its type and need not write its text again, and it can
/// insert several rows in one statement.
macro_rules! on_either {
    ($connection:expr, $inner:ident => $run:expr) => {
        match $connection {
            $crate::db::DbConnection::Sqlite($inner) => $run,
            $crate::db::DbConnection::Postgres($inner) => $run,
        }
    };
}

pub(crate) use on_either;

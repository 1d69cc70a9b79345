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

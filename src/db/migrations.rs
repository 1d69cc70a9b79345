//! The schema, embedded in the binary and brought up to date at start. Two instances that start
//! together take turns.

use diesel::{PgConnection, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::DbConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number, as long as every instance of this program uses the same one.
const ADVISORY_LOCK: i64 = 0x7461_736b_6272_6467;

type Outcome = Result<usize, Box<dyn std::error::Error + Send + Sync>>;

/// Runs what is pending and returns how many that were.
pub(super) fn run(connection: &mut DbConnection) -> Outcome {
    match connection {
        DbConnection::Postgres(connection) => run_postgres(connection),
        DbConnection::Sqlite(connection) => run_sqlite(connection),
    }
}

fn run_postgres(connection: &mut PgConnection) -> Outcome {
    let lock = |function: &str| diesel::sql_query(format!("SELECT {function}({ADVISORY_LOCK})"));
    lock("pg_advisory_lock").execute(connection)?;
    let outcome = connection.run_pending_migrations(POSTGRES).map(|applied| applied.len());
    lock("pg_advisory_unlock").execute(connection)?;
    outcome
}

/// The write lock is taken before looking what is pending: a transaction that starts by reading
/// cannot wait for its turn later. Each migration is a savepoint inside it.
fn run_sqlite(connection: &mut SqliteConnection) -> Outcome {
    connection.immediate_transaction(|connection| {
        connection.run_pending_migrations(SQLITE).map(|applied| applied.len())
    })
}

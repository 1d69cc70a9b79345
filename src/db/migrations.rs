//! The schema, embedded in the binary and brought up to date at start. Two instances that start
//! together take turns.

use diesel::connection::LoadConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::DbConnection;
use super::error::DbError;

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

/// How many migrations are pending, without changing anything, not even the table that records them.
pub(super) fn pending(connection: &mut DbConnection) -> Result<usize, DbError> {
    let (known, recorded) = match connection {
        DbConnection::Postgres(connection) => (
            MigrationSource::<Pg>::migrations(&POSTGRES).map(|known| known.len()),
            applied(
                connection,
                "SELECT count(*) AS count FROM information_schema.tables \
                WHERE table_name = '__diesel_schema_migrations'",
            ),
        ),
        DbConnection::Sqlite(connection) => (
            MigrationSource::<Sqlite>::migrations(&SQLITE).map(|known| known.len()),
            applied(
                connection,
                "SELECT count(*) AS count FROM sqlite_master \
                WHERE name = '__diesel_schema_migrations'",
            ),
        ),
    };
    let known = known.map_err(|error| DbError::Unexpected(error.to_string()))?;
    Ok(known.saturating_sub(recorded?))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn applied<C>(connection: &mut C, is_there: &str) -> Result<usize, DbError>
where
    C: LoadConnection,
    for<'q> diesel::query_builder::SqlQuery: diesel::query_dsl::methods::LoadQuery<'q, C, Count>,
{
    let table: Count = diesel::sql_query(is_there).get_result(connection)?;
    if table.count == 0 {
        return Ok(0);
    }
    let rows: Count = diesel::sql_query("SELECT count(*) AS count FROM __diesel_schema_migrations")
        .get_result(connection)?;
    Ok(usize::try_from(rows.count).unwrap_or_default())
}

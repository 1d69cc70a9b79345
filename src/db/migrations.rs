//! The schema, embedded in the binary and brought up to date at start. Two instances that start
//! together take turns.

use std::time::Duration;

use anyhow::{Context, ensure};
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel::{Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_async::AsyncPgConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::DbError;
use super::operator::{DbConnection, on_either};
use super::postgres::{self, citus, row_security};
use super::settings::DbSettings;
use super::url::DatabaseUrl;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The lock by which instances take turns, for the length of a transaction: no session must hold it. Any number, as long
/// as every instance uses the same one.
pub(super) const TURN: &str = "SELECT pg_advisory_xact_lock(8386110886190933095)";

/// How long a statement of a migration may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3600);

/// What was done to a database, and what it is now.
pub(super) struct Migrated {
    /// How many migrations were pending.
    pub(super) applied: usize,
    /// Whether the tables are spread over several servers.
    pub(super) is_sharded: bool,
}

/// Brings the schema and the role of row-level security up to date, and returns whether the tables are spread over
/// several servers. Behind a pooler that is left to `taskbridge migrate`: it takes longer than a request may, and the
/// time for it belongs to a session.
pub(super) fn prepare(settings: &DbSettings) -> anyhow::Result<bool> {
    let is_sharded = if settings.prepared_statements {
        migrate(settings)?.is_sharded
    } else {
        ensure_migrated(settings)?
    };
    if settings.row_level_security {
        row_security::prepare(&mut DbConnection::with_settings(settings)?).context(
            "DATABASE_RLS=on needs the role taskbridge_app: as an administrator, run \
             CREATE ROLE taskbridge_app NOLOGIN and grant it to the user of DATABASE_URL",
        )?;
    }
    Ok(is_sharded)
}

/// Refuses a database that is not up to date.
fn ensure_migrated(settings: &DbSettings) -> anyhow::Result<bool> {
    let url = &settings.url;
    let mut connection = DbConnection::with_settings(settings)
        .with_context(|| format!("DATABASE_URL: cannot use the {url}"))?;
    let recorded = connection.reading(Recorded::of)?;
    recorded.ensure_known(url)?;
    let pending = recorded.pending();
    ensure!(
        pending == 0,
        "{pending} migration(s) are pending: run taskbridge migrate with a DATABASE_URL that \
         does not go through the pooler"
    );
    connection.reading(|connection| match connection {
        DbConnection::Postgres(connection) => citus::ensure_distributed(connection, settings),
        DbConnection::Sqlite(_) => Ok(false),
    })
}

/// Runs pending migrations, and lays the tables out.
pub(super) fn migrate(settings: &DbSettings) -> anyhow::Result<Migrated> {
    let settings = DbSettings { statement_timeout: STATEMENT_TIMEOUT, ..settings.clone() };
    let url = &settings.url;
    let mut connection = DbConnection::with_settings(&settings)
        .with_context(|| format!("DATABASE_URL: cannot use the {url}"))?;
    Recorded::of(&mut connection)?.ensure_known(url)?;
    let applied = run(&mut connection).map_err(|error| {
        anyhow::anyhow!("Cannot migrate the {url}: {}", url.redact(&error.to_string()))
    })?;
    if applied > 0 {
        log::info!("{applied} migration(s) applied to the {url}");
    }
    let is_sharded = match &mut connection {
        DbConnection::Postgres(connection) => citus::distribute(connection, &settings)?,
        DbConnection::Sqlite(_) => false,
    };
    Ok(Migrated { applied, is_sharded })
}

/// In one transaction, in which each migration is a savepoint.
fn run(connection: &mut DbConnection) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    match connection {
        DbConnection::Postgres(connection) => connection.transaction(|connection| {
            connection.batch_execute(TURN)?;
            connection
                .run_pending_migrations(postgres::migrations::ALL)
                .map(|applied| applied.len())
        }),
        // The write lock is taken before looking what is pending: a transaction that starts by reading
        // cannot wait for its turn later.
        DbConnection::Sqlite(connection) => connection.immediate_transaction(|connection| {
            connection.run_pending_migrations(SQLITE).map(|applied| applied.len())
        }),
    }
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

const RECORDED: &str = "SELECT version FROM __diesel_schema_migrations";

/// The versions of the migrations that were applied to a database.
pub(super) struct Recorded(Vec<String>);

impl Recorded {
    /// Asks the database, without changing anything, not even the table that records them.
    pub(super) fn of(connection: &mut DbConnection) -> Result<Self, DbError> {
        Self::read(on_either!(connection, inner => diesel::sql_query(RECORDED).load(inner)))
    }

    /// As [`Recorded::of`].
    pub(super) fn of_sqlite(connection: &mut SqliteConnection) -> Result<Self, DbError> {
        Self::read(diesel::sql_query(RECORDED).load(connection))
    }

    /// As [`Recorded::of`].
    pub(super) async fn of_postgres(mut connection: &AsyncPgConnection) -> Result<Self, DbError> {
        let query = diesel::sql_query(RECORDED);
        Self::read(diesel_async::RunQueryDsl::load(query, &mut connection).await)
    }

    /// A database without the table is new.
    fn read(rows: QueryResult<Vec<Version>>) -> Result<Self, DbError> {
        match rows {
            Ok(rows) => Ok(Self(rows.into_iter().map(|row| row.version).collect())),
            Err(error) if error.to_string().contains("__diesel_schema_migrations") => {
                Ok(Self(Vec::new()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// How many migrations are not among them.
    pub(super) fn pending(&self) -> usize {
        known().iter().filter(|version| !self.0.contains(version)).count()
    }

    /// Refuses a database that another version of this program has made.
    pub(super) fn ensure_known(&self, url: &DatabaseUrl) -> anyhow::Result<()> {
        let known = known();
        ensure!(
            self.0.iter().all(|version| known.contains(version)),
            "The {url} was made by another version of Taskbridge, which this one cannot use: \
             name a new database, or run the version that made it"
        );
        Ok(())
    }
}

/// The versions that this program knows, which both databases have in common.
fn known() -> Vec<String> {
    let migrations = MigrationSource::<Sqlite>::migrations(&SQLITE).unwrap_or_default();
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

//! What surrounds the statements of one request, by setting: nothing; a transaction, which a pooler in
//! transaction mode needs; or a transaction as a role that sees one user's rows and no others.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{PgConnection, RunQueryDsl};

use super::connection::DbConnection;
use super::error::DbError;
use super::settings::DbSettings;
use super::url::DatabaseUrl;

/// Owns nothing and may log in nowhere; the program takes it on for the length of a transaction.
const ROLE: &str = "taskbridge_app";

/// What `DATABASE_RLS=on` needs, done again at every start: new tables must be granted too. Creating the
/// role needs CREATEROLE once; an administrator may do it instead.
const PREPARE: &str = "
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'taskbridge_app') THEN
        CREATE ROLE taskbridge_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    IF NOT pg_has_role('taskbridge_app', 'MEMBER') THEN
        EXECUTE format('GRANT taskbridge_app TO %I', current_user);
    END IF;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON tasks, task_tags, idempotency_keys TO taskbridge_app;";

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Single statements stand for themselves.
    Plain,
    /// One transaction, with the time a statement may take.
    Transaction(Duration),
    /// One transaction as the role without rights of its own; behind a pooler with the time as well,
    /// which no session holds there.
    RowSecurity(Option<Duration>),
}

impl Scope {
    pub(super) fn of(settings: &DbSettings) -> Self {
        let limit = (!settings.prepared_statements).then_some(settings.statement_timeout);
        match (&settings.url, limit) {
            (DatabaseUrl::Sqlite(_), _) => Self::Plain,
            (DatabaseUrl::Postgres(_), _) if settings.row_level_security => {
                Self::RowSecurity(limit)
            }
            (DatabaseUrl::Postgres(_), Some(limit)) => Self::Transaction(limit),
            (DatabaseUrl::Postgres(_), None) => Self::Plain,
        }
    }

    /// Runs `work` for nobody in particular.
    pub(super) fn run<T>(
        self,
        connection: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        match self {
            Self::Plain | Self::RowSecurity(None) => work(connection),
            Self::Transaction(timeout) | Self::RowSecurity(Some(timeout)) => {
                connection.atomically(|connection| {
                    limit(connection, timeout)?;
                    work(connection)
                })
            }
        }
    }

    /// Runs `work` for this user.
    pub(super) fn run_for<T>(
        self,
        connection: &mut DbConnection,
        user_id: &str,
        work: impl FnOnce(&mut DbConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        match self {
            Self::Plain | Self::Transaction(_) => self.run(connection, work),
            Self::RowSecurity(timeout) => connection.atomically(|connection| {
                if let Some(timeout) = timeout {
                    limit(connection, timeout)?;
                }
                become_user(connection, user_id)?;
                work(connection)
            }),
        }
    }
}

/// A setting of the session would stay with whoever gets the server's connection next.
fn limit(connection: &mut DbConnection, timeout: Duration) -> Result<(), DbError> {
    let statement = format!("SET LOCAL statement_timeout = {}", timeout.as_millis());
    Ok(connection.batch_execute(&statement)?)
}

fn become_user(connection: &mut DbConnection, user_id: &str) -> Result<(), DbError> {
    let DbConnection::Postgres(connection) = connection else {
        return Err(DbError::Unexpected("row-level security without PostgreSQL".to_owned()));
    };
    diesel::sql_query(
        "SELECT set_config('taskbridge.user_id', $1, true), set_config('role', $2, true)",
    )
    .bind::<Text, _>(user_id)
    .bind::<Text, _>(ROLE)
    .execute(connection)?;
    Ok(())
}

/// Makes sure that the role is there and may do its work.
pub(super) fn prepare(connection: &mut PgConnection) -> diesel::QueryResult<()> {
    connection.batch_execute(PREPARE)
}

//! What surrounds the statements of a request, by setting: nothing; a transaction, which a pooler in
//! transaction mode needs; or a transaction as a role that sees one user's rows and no others.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::db::error::DbError;
use crate::db::settings::DbSettings;

/// Owns nothing and may not log in; the program takes it on for the length of a transaction.
const ROLE: &str = "taskbridge_app";

/// What `DATABASE_RLS=on` needs, done again at every start: new tables must be granted too. Creating the
/// role needs CREATEROLE once; an administrator may do it instead. Instances that start together take turns, because
/// PostgreSQL refuses one of two grants at once.
const PREPARE: &str = "
SELECT pg_advisory_xact_lock(hashtext('taskbridge_app'));
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
GRANT SELECT, INSERT, UPDATE, DELETE ON owners, tasks, deleted_tasks, idempotency_keys TO taskbridge_app;";

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// The time a statement may take, where no session can hold that setting.
    limit: Option<Duration>,
    row_security: bool,
}

impl Surroundings {
    pub(super) fn of(settings: &DbSettings) -> Self {
        Self {
            limit: (!settings.prepared_statements).then_some(settings.statement_timeout),
            row_security: settings.row_level_security,
        }
    }

    /// Whether single statements stand for themselves.
    pub(super) fn is_empty(self) -> bool {
        self.limit.is_none() && !self.row_security
    }

    /// Runs `work` in one transaction, as far as row-level security goes for this user: all of it counts, or,
    /// with an `Err`, none.
    ///
    /// # Errors
    /// What `work` reports, or that the database did not begin or commit.
    pub(super) async fn transaction<T>(
        self,
        mut connection: &AsyncPgConnection,
        user_id: Option<&str>,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        connection.batch_execute("BEGIN").await?;
        let done = async {
            self.set_up(connection, user_id).await?;
            work(connection).await
        };
        match done.await {
            Ok(value) => {
                connection.batch_execute("COMMIT").await?;
                Ok(value)
            }
            Err(error) => match connection.batch_execute("ROLLBACK").await {
                Ok(()) => Err(error),
                // The connection is still inside the transaction: the pool must not keep it.
                Err(stuck) => Err(DbError::Unavailable(stuck.to_string())),
            },
        }
    }

    async fn set_up(
        self,
        mut connection: &AsyncPgConnection,
        user_id: Option<&str>,
    ) -> Result<(), DbError> {
        if let Some(limit) = self.limit {
            let statement = format!("SET LOCAL statement_timeout = {}", limit.as_millis());
            connection.batch_execute(&statement).await?;
        }
        if let Some(user_id) = user_id.filter(|_| self.row_security) {
            diesel::sql_query(
                "SELECT set_config('taskbridge.user_id', $1, true), set_config('role', $2, true)",
            )
            .bind::<Text, _>(user_id)
            .bind::<Text, _>(ROLE)
            .execute(&mut connection)
            .await?;
        }
        Ok(())
    }
}

/// Makes sure that the role is there and may do its work.
pub(in crate::db) fn prepare(connection: &mut impl SimpleConnection) -> diesel::QueryResult<()> {
    connection.batch_execute(PREPARE)
}

//! What is done to a database before anybody is served: schema, and role.

use std::time::Duration;

use anyhow::Context;
use r2d2::ManageConnection;

use super::connection::DbConnection;
use super::manager::DbManager;
use super::migrations;
use super::scope::{self, Scope};
use super::settings::DbSettings;
use super::url::DatabaseUrl;

/// How long a statement of a migration may take.
const MIGRATION: Duration = Duration::from_secs(3600);

/// Brings the schema and the role up to date. Behind a pooler that is somebody else's task: the lock
/// that instances take turns by belongs to a session. Returns the connection that it used.
pub(super) fn prepare(settings: &DbSettings) -> anyhow::Result<DbConnection> {
    let url = &settings.url;
    let used = if settings.prepared_statements {
        migrate(url)?.1
    } else {
        let mut connection = DbManager::new(settings)
            .connect()
            .with_context(|| format!("DATABASE_URL: cannot use the {url}"))?;
        let pending = Scope::of(settings).run(&mut connection.inner, migrations::pending)?;
        anyhow::ensure!(
            pending == 0,
            "{pending} migration(s) are pending: run taskbridge migrate with a DATABASE_URL that \
             does not go through the pooler"
        );
        connection.inner
    };
    if settings.row_level_security {
        let mut connection = migration_manager(url).connect()?;
        if let DbConnection::Postgres(connection) = &mut connection.inner {
            scope::prepare(connection).context(
                "DATABASE_RLS=on needs the role taskbridge_app: as an administrator, run \
                 CREATE ROLE taskbridge_app NOLOGIN and grant it to the user of DATABASE_URL",
            )?;
        }
    }
    Ok(used)
}

/// A migration may take as long as it needs.
pub(super) fn migration_manager(url: &DatabaseUrl) -> DbManager {
    DbManager::new(&DbSettings { statement_timeout: MIGRATION, ..DbSettings::of(url.clone()) })
}

/// Runs pending migrations and returns how many that were, and the connection that it used.
pub(super) fn migrate(url: &DatabaseUrl) -> anyhow::Result<(usize, DbConnection)> {
    let mut connection = migration_manager(url)
        .connect()
        .with_context(|| format!("DATABASE_URL: cannot use the {url}"))?;
    let applied = migrations::run(&mut connection.inner).map_err(|error| {
        anyhow::anyhow!("Cannot migrate the {url}: {}", url.redact(&error.to_string()))
    })?;
    if applied > 0 {
        log::info!("{applied} migration(s) applied to the {url}");
    }
    Ok((applied, connection.inner))
}

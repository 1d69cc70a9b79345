//! Which database, and how it is used.

use super::source::{ConfigError, EnvReader, Source};
use super::variables::{
    DATABASE_ACQUIRE_TIMEOUT_SECONDS, DATABASE_MAX_CONNECTIONS, DATABASE_PREPARED_STATEMENTS,
    DATABASE_RLS, DATABASE_SHARDING, DATABASE_STATEMENT_TIMEOUT_SECONDS, DATABASE_URL,
    MAX_TASKS_PER_USER, PGPASSFILE, TRASH_DAYS,
};
use crate::db::{DatabaseUrl, DbSettings, Sharding};

const SHARDING: [(&str, Sharding); 2] = [("auto", Sharding::Auto), ("off", Sharding::Off)];

/// Reads what migrating a database needs: which one, and how it is laid out.
///
/// # Errors
/// As [`super::Config::from_source`].
pub fn migration_settings_from(source: &Source) -> Result<DbSettings, ConfigError> {
    let mut reader = EnvReader::of(source, &[&DATABASE_URL, &DATABASE_RLS, &DATABASE_SHARDING]);
    let url = url(&mut reader);
    let row_level_security = reader.switch(&DATABASE_RLS);
    let sharding = sharding(&mut reader);
    let settings =
        url.map(|url| DbSettings { row_level_security, sharding, ..DbSettings::of(url) });
    reader.finish(settings)
}

/// Reads `DATABASE_SHARDING` alone, for a command that names its databases itself.
///
/// # Errors
/// As [`super::Config::from_source`].
pub fn sharding_from(source: &Source) -> Result<Sharding, ConfigError> {
    let mut reader = EnvReader::of(source, &[&DATABASE_SHARDING]);
    let sharding = sharding(&mut reader);
    reader.finish(Some(sharding))
}

fn sharding(reader: &mut EnvReader<'_>) -> Sharding {
    reader.choice(&DATABASE_SHARDING, SHARDING).unwrap_or_default()
}

fn url(reader: &mut EnvReader<'_>) -> Option<DatabaseUrl> {
    let url = reader.parse(&DATABASE_URL, DatabaseUrl::parse)?;
    Some(url.or_passfile(reader.source().get(PGPASSFILE.name)))
}

/// `None` after a mistake in the URL.
pub(super) fn read(reader: &mut EnvReader<'_>) -> Option<DbSettings> {
    let url = url(reader);
    let max_connections = reader.number(&DATABASE_MAX_CONNECTIONS);
    let max_tasks_per_user = i64::from(reader.number(&MAX_TASKS_PER_USER));
    let trash_days = reader.number(&TRASH_DAYS);
    let acquire_timeout = reader.seconds(&DATABASE_ACQUIRE_TIMEOUT_SECONDS);
    let statement_timeout = reader.seconds(&DATABASE_STATEMENT_TIMEOUT_SECONDS);
    let prepared_statements = reader.switch(&DATABASE_PREPARED_STATEMENTS);
    let row_level_security = reader.switch(&DATABASE_RLS);
    let sharding = sharding(reader);
    let url = url?;
    if row_level_security && matches!(url, DatabaseUrl::Sqlite(_)) {
        let what = "is on, but SQLite has no row-level security: use PostgreSQL";
        reader.mistake(&DATABASE_RLS, what);
    }
    Some(DbSettings {
        url,
        max_connections,
        max_tasks_per_user,
        trash_days,
        acquire_timeout,
        statement_timeout,
        prepared_statements,
        row_level_security,
        sharding,
    })
}

//! Which database, and how it is used.

use super::source::{ConfigError, EnvReader, Source};
use super::variables::{
    DATABASE_ACQUIRE_TIMEOUT_SECONDS, DATABASE_MAX_CONNECTIONS, DATABASE_PREPARED_STATEMENTS,
    DATABASE_RLS, DATABASE_STATEMENT_TIMEOUT_SECONDS, DATABASE_URL, MAX_TASKS_PER_USER, PGPASSFILE,
    TRASH_DAYS,
};
use crate::db::{DatabaseUrl, DbSettings};

/// Reads `DATABASE_URL` alone, for commands that need nothing else.
///
/// # Errors
/// As [`super::Config::from_source`].
pub fn database_url_from(source: &Source) -> Result<DatabaseUrl, ConfigError> {
    let mut reader = EnvReader::of(source, &[&DATABASE_URL]);
    let url = url(&mut reader);
    reader.finish(url)
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
    })
}

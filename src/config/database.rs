//! Which database, and how it is used.

use std::time::Duration;

use super::source::Reader;
use crate::db::{DatabaseUrl, DbSettings};

const RLS: &str = "DATABASE_RLS";

pub(super) fn url(reader: &mut Reader<'_>) -> Option<DatabaseUrl> {
    reader.parse("DATABASE_URL", "sqlite://tasks.db", DatabaseUrl::parse)
}

/// `None` after a mistake in the URL.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<DbSettings> {
    let seconds = |number: u32| Duration::from_secs(u64::from(number));
    let url = url(reader);
    let max_connections = reader.number("DATABASE_MAX_CONNECTIONS", "10", 1..=1000);
    let max_tasks_per_user = reader.number("MAX_TASKS_PER_USER", "10000", 1..=1_000_000);
    let acquire = reader.number("DATABASE_ACQUIRE_TIMEOUT_SECONDS", "3", 1..=60);
    let statement = reader.number("DATABASE_STATEMENT_TIMEOUT_SECONDS", "5", 1..=600);
    let prepared_statements = switch(reader, "DATABASE_PREPARED_STATEMENTS", "on");
    let row_level_security = switch(reader, RLS, "off");
    let url = url?;
    if row_level_security && matches!(url, DatabaseUrl::Sqlite(_)) {
        reader.mistake(RLS, "is on, but SQLite has no row-level security: use PostgreSQL");
    }
    Some(DbSettings {
        url,
        max_connections,
        max_tasks_per_user: i64::from(max_tasks_per_user),
        acquire_timeout: seconds(acquire),
        statement_timeout: seconds(statement),
        prepared_statements,
        row_level_security,
    })
}

fn switch(reader: &mut Reader<'_>, name: &'static str, default: &str) -> bool {
    let on = reader.parse(name, default, |text| match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("is neither on nor off"),
    });
    on.unwrap_or_default()
}

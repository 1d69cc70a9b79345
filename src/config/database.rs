//! Which database, and how it is used.

use std::time::Duration;

use super::source::Reader;
use crate::db::{DatabaseUrl, DbSettings};

pub(super) fn url(reader: &mut Reader<'_>) -> Option<DatabaseUrl> {
    reader.parse("DATABASE_URL", "sqlite://tasks.db", DatabaseUrl::parse)
}

/// `None` after a mistake in the URL.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<DbSettings> {
    let seconds = |number: u32| Duration::from_secs(u64::from(number));
    let url = url(reader);
    let max_connections = reader.number("DATABASE_MAX_CONNECTIONS", "10", 1..=1000);
    let acquire = reader.number("DATABASE_ACQUIRE_TIMEOUT_SECONDS", "3", 1..=60);
    let statement = reader.number("DATABASE_STATEMENT_TIMEOUT_SECONDS", "5", 1..=600);
    Some(DbSettings {
        url: url?,
        max_connections,
        acquire_timeout: seconds(acquire),
        statement_timeout: seconds(statement),
    })
}

//! A connection outside the pool, for an operator's tools.

use std::time::Duration;

use r2d2::ManageConnection;

use super::connection::DbConnection;
use super::manager::{ConnectError, DbManager};
use super::settings::DbSettings;
use super::url::DatabaseUrl;

/// Nobody waits for an answer of a tool as a browser does for one of the server.
const STATEMENT: Duration = Duration::from_secs(600);

impl DbConnection {
    /// Connects, with ten minutes for each statement.
    ///
    /// # Errors
    /// One sentence when the database cannot be reached; it shows no password.
    pub(crate) fn open(url: &DatabaseUrl) -> Result<Self, ConnectError> {
        let settings = DbSettings { statement_timeout: STATEMENT, ..DbSettings::of(url.clone()) };
        Ok(DbManager::new(&settings).connect()?.inner)
    }
}

//! Makes connections for the pool: exactly one kind, set up the same way every time.

use std::path::Path;
use std::time::Duration;

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::{Connection, ConnectionError, PgConnection, SqliteConnection};

use super::connection::DbConnection;
use super::settings::DbSettings;
use super::url::DatabaseUrl;

/// A pooled connection and whether it may be used again.
pub struct PooledConnection {
    /// The connection itself.
    pub(super) inner: DbConnection,
    /// Set when an operation found the server gone; the pool then drops the connection.
    pub(super) broken: bool,
}

/// Why no connection could be made. The text is redacted.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConnectError(String);

/// Connects to the database that the URL names, and to no other.
#[derive(Clone, Debug)]
pub struct DbManager {
    url: DatabaseUrl,
    statement_timeout: Duration,
    prepared_statements: bool,
}

impl DbManager {
    pub(super) fn new(settings: &DbSettings) -> Self {
        Self {
            url: settings.url.clone(),
            statement_timeout: settings.statement_timeout,
            prepared_statements: settings.prepared_statements,
        }
    }

    fn establish(&self) -> Result<DbConnection, ConnectionError> {
        match &self.url {
            DatabaseUrl::Postgres(uri) => {
                let mut connection = PgConnection::establish(uri)?;
                if self.prepared_statements {
                    set_up_postgres(&mut connection, self.statement_timeout)
                        .map_err(ConnectionError::CouldntSetupConfiguration)?;
                } else {
                    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
                }
                Ok(DbConnection::Postgres(connection))
            }
            DatabaseUrl::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(path)?;
                set_up_sqlite(&mut connection, self.statement_timeout)
                    .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(DbConnection::Sqlite(connection))
            }
        }
    }

    /// One sentence on why the database cannot be used, and what to look at.
    fn explain(&self, error: &ConnectionError) -> String {
        if let DatabaseUrl::Sqlite(path) = &self.url {
            let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
            if let Some(missing) = folder.filter(|folder| !folder.is_dir()) {
                return format!("the folder {} does not exist", missing.display());
            }
        }
        let text = self.url.redact(&error.to_string());
        let sentence = text.lines().map(str::trim).collect::<Vec<_>>().join("; ");
        match &self.url {
            DatabaseUrl::Sqlite(_) => format!("{sentence}; check the path and its permissions"),
            DatabaseUrl::Postgres(_) => sentence,
        }
    }
}

/// The server gives up on a statement before the client that waits for it does.
fn set_up_postgres(connection: &mut PgConnection, timeout: Duration) -> diesel::QueryResult<()> {
    connection.batch_execute(&format!("SET statement_timeout = {}", timeout.as_millis()))
}

/// WAL lets readers go on beside a writer; FULL makes a commit survive a power cut. The only thing a
/// statement of ours waits for is another writer.
fn set_up_sqlite(connection: &mut SqliteConnection, timeout: Duration) -> diesel::QueryResult<()> {
    connection.batch_execute(&format!("PRAGMA busy_timeout = {};", timeout.as_millis()))?;
    // Two processes that switch a new file to WAL at once can meet a lock that ignores the busy
    // timeout; the second try finds the work done.
    let switch =
        |connection: &mut SqliteConnection| connection.batch_execute("PRAGMA journal_mode = WAL;");
    if switch(connection).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(200));
        switch(connection)?;
    }
    connection.batch_execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
}

impl r2d2::ManageConnection for DbManager {
    type Connection = PooledConnection;
    type Error = ConnectError;

    fn connect(&self) -> Result<PooledConnection, ConnectError> {
        let inner = self.establish().map_err(|error| ConnectError(self.explain(&error)))?;
        Ok(PooledConnection { inner, broken: false })
    }

    // A round trip before every use would double the cost of a read; a connection found dead is
    // reported through `broken` instead.
    fn is_valid(&self, _: &mut PooledConnection) -> Result<(), ConnectError> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut PooledConnection) -> bool {
        connection.broken
    }
}

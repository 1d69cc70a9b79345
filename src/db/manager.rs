//! Makes connections for the pool: exactly one kind, set up the same way every time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::{Connection, ConnectionError, PgConnection, SqliteConnection};

use super::connection::DbConnection;
use super::error::DbError;
use super::settings::DbSettings;
use super::suspicion::Suspicion;
use super::url::DatabaseUrl;

/// A connection that was idle for longer is asked whether it still works before it is used. Under load
/// none is, so that the question costs nothing there.
const TRUSTED_IDLE: Duration = Duration::from_millis(250);

/// How long the log of a SQLite file grows, in pages of 4 KiB, before a commit takes the time to copy what the
/// [`super::checkpointer`] has not copied yet, so that the log begins anew. It is 1000 by default.
pub(super) const CHECKPOINT_PAGES: u32 = 16_000;

/// A pooled connection and whether it may be used again.
pub struct PooledConnection {
    /// The connection itself.
    pub(super) inner: DbConnection,
    /// Set when an operation found the server gone; the pool then drops the connection.
    pub(super) broken: bool,
    /// When it was last given back, and worked.
    worked_at: Instant,
    /// When it was last handed out. What it did since says nothing about now: it may have answered just
    /// before the server went away.
    taken_at: Instant,
}

/// Why no connection could be made. The text is redacted.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConnectError(String);

impl From<ConnectError> for DbError {
    fn from(error: ConnectError) -> Self {
        Self::Unavailable(error.0)
    }
}

/// Connects to the database that the URL names, and to no other.
#[derive(Clone, Debug)]
pub struct DbManager {
    url: DatabaseUrl,
    statement_timeout: Duration,
    prepared_statements: bool,
    suspicion: Arc<Suspicion>,
}

impl DbManager {
    pub(super) fn new(settings: &DbSettings) -> Self {
        Self {
            url: settings.url.clone(),
            statement_timeout: settings.statement_timeout,
            prepared_statements: settings.prepared_statements,
            suspicion: Arc::default(),
        }
    }

    /// A connection outside the pool.
    ///
    /// # Errors
    /// One sentence on why there is none.
    pub(super) fn open(&self) -> Result<DbConnection, ConnectError> {
        self.establish().map_err(|error| ConnectError(self.explain(&error)))
    }

    /// As [`DbManager::open`]; on SQLite it keeps so many KiB of pages, where others keep 2000.
    ///
    /// # Errors
    /// As [`DbManager::open`].
    pub(super) fn open_with_room(&self, kib: u32) -> Result<DbConnection, DbError> {
        let mut connection = self.open()?;
        if let DbConnection::Sqlite(inner) = &mut connection {
            inner.batch_execute(&format!("PRAGMA cache_size = -{kib};"))?;
        }
        Ok(connection)
    }

    fn establish(&self) -> Result<DbConnection, ConnectionError> {
        match &self.url {
            DatabaseUrl::Postgres(uri) => {
                let mut connection = PgConnection::establish(uri)?;
                if self.prepared_statements {
                    connection
                        .batch_execute(&postgres_set_up(self.statement_timeout))
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

/// What a session of PostgreSQL begins with: the server gives up on a statement before the client that waits for
/// it does.
pub(super) fn postgres_set_up(statement_timeout: Duration) -> String {
    format!("SET statement_timeout = {}", statement_timeout.as_millis())
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
    connection.batch_execute(&format!(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};"
    ))
}

impl r2d2::ManageConnection for DbManager {
    type Connection = PooledConnection;
    type Error = ConnectError;

    fn connect(&self) -> Result<PooledConnection, ConnectError> {
        let began = Instant::now();
        Ok(PooledConnection {
            inner: self.open()?,
            broken: false,
            worked_at: began,
            taken_at: began,
        })
    }

    /// A round trip before every use would double the cost of a read. So the question is asked only of
    /// a connection to PostgreSQL that lay idle, or that was taken before the last loss of another one.
    fn is_valid(&self, connection: &mut PooledConnection) -> Result<(), ConnectError> {
        let DbConnection::Postgres(inner) = &mut connection.inner else {
            return Ok(());
        };
        let taken_at = Instant::now();
        let idle = connection.worked_at.elapsed() > TRUSTED_IDLE;
        if idle || self.suspicion.covers(connection.taken_at) {
            inner.batch_execute("SELECT 1").map_err(|error| ConnectError(error.to_string()))?;
        }
        connection.taken_at = taken_at;
        Ok(())
    }

    /// Asked by the pool when it gets a connection back.
    fn has_broken(&self, connection: &mut PooledConnection) -> bool {
        if connection.broken {
            self.suspicion.raise();
        } else {
            connection.worked_at = Instant::now();
        }
        connection.broken
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use r2d2::ManageConnection;

    use super::DbManager;
    use crate::db::connection::DbConnection;
    use crate::db::settings::DbSettings;
    use crate::db::testing::{Backend, fresh_url};

    /// The server ends two connections, and the news of one comes before the other is given back.
    #[test]
    fn a_connection_that_was_out_when_another_was_lost_is_asked_again() {
        let (url, _) = fresh_url(Backend::Postgres);
        let manager = DbManager::new(&DbSettings::of(url));
        let mut connections = [(); 3].map(|()| manager.connect().unwrap());
        let [lost, answered, admin] = &mut connections;
        assert!(manager.is_valid(answered).is_ok());
        let DbConnection::Postgres(admin) = &mut admin.inner else { panic!("PostgreSQL") };
        admin
            .batch_execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .unwrap();
        lost.broken = true;
        assert!(manager.has_broken(lost));
        assert!(!manager.has_broken(answered), "it has answered before that");
        assert!(manager.is_valid(answered).is_err(), "a lost connection is trusted");
    }
}

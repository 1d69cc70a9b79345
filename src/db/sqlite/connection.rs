//! Connections to a SQLite file, set up the same way every time.

use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, SqliteConnection};

use super::wanted;
use crate::base::private_file;
use crate::db::error::DbError;

/// How long the log of a SQLite file grows, in pages of 4 KiB, before a commit takes the time to copy what the
/// [`super::checkpointer`] has not copied yet, so that the log begins anew. It is 1000 by default.
pub(super) const CHECKPOINT_PAGES: u32 = 16_000;

/// How many KiB of pages a connection keeps, as SQLite has it.
pub(super) const CACHE_KIB: u32 = 2000;

/// Which file, and how long a statement waits for another writer.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    path: String,
    busy_timeout: Duration,
}

/// Why there is no connection: one sentence.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConnectError(String);

impl From<ConnectError> for DbError {
    fn from(error: ConnectError) -> Self {
        Self::Unavailable(error.0)
    }
}

impl Connector {
    pub(in crate::db) fn new(path: &str, busy_timeout: Duration) -> Self {
        Self { path: path.to_owned(), busy_timeout }
    }

    /// A connection that keeps so many KiB of pages.
    ///
    /// # Errors
    /// One sentence on why there is none, and what to look at.
    pub(in crate::db) fn open(&self, cache_kib: u32) -> Result<SqliteConnection, ConnectError> {
        // SQLite would make it by the umask, and gives -wal and -shm the mode of this file. If it cannot be made,
        // SQLite says why.
        let _ = private_file::create_if_missing(Path::new(&self.path));
        let opened = SqliteConnection::establish(&self.path).and_then(|mut connection| {
            set_up(&mut connection, self.busy_timeout, cache_kib)
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        });
        opened.map_err(|error| ConnectError(self.explain(&error)))
    }

    fn explain(&self, error: &ConnectionError) -> String {
        let folder = Path::new(&self.path).parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(missing) = folder.filter(|folder| !folder.is_dir()) {
            return format!("the folder {} does not exist", missing.display());
        }
        let text = error.to_string();
        let sentence = text.lines().map(str::trim).collect::<Vec<_>>().join("; ");
        format!("{sentence}; check the path and its permissions")
    }
}

/// WAL lets readers go on beside a writer; FULL makes a commit survive a power cut. The only thing a
/// statement of ours waits for is another writer.
fn set_up(
    connection: &mut SqliteConnection,
    busy_timeout: Duration,
    cache_kib: u32,
) -> diesel::QueryResult<()> {
    wanted::register(connection)?;
    let busy_timeout = busy_timeout.as_millis();
    connection.batch_execute(&format!("PRAGMA busy_timeout = {busy_timeout};"))?;
    // Two processes that switch a new file to WAL at once can meet a lock that ignores the busy
    // timeout; the second try finds the work done.
    let switch =
        |connection: &mut SqliteConnection| connection.batch_execute("PRAGMA journal_mode = WAL;");
    if switch(connection).is_err() {
        std::thread::sleep(Duration::from_millis(200));
        switch(connection)?;
    }
    connection.batch_execute(&format!(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -{cache_kib}; \
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};"
    ))
}

impl r2d2::ManageConnection for Connector {
    type Connection = SqliteConnection;
    type Error = ConnectError;

    fn connect(&self) -> Result<SqliteConnection, ConnectError> {
        self.open(CACHE_KIB)
    }

    /// A file does not hang up.
    fn is_valid(&self, _: &mut SqliteConnection) -> Result<(), ConnectError> {
        Ok(())
    }

    /// What a panic leaves behind is unknown.
    fn has_broken(&self, _: &mut SqliteConnection) -> bool {
        std::thread::panicking()
    }
}

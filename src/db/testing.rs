//! Databases for tests: a real SQLite file or a real PostgreSQL database, fresh for each test.

#[path = "../../tests/support/postgres.rs"]
mod postgres;

use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::connection::DbConnection;
use super::manager::DbManager;
use super::{DatabaseUrl, Db, DbSettings};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// A migrated database of its own.
pub(crate) struct TestDb {
    pub(crate) url: DatabaseUrl,
    _folder: Option<TempDir>,
    connection: Arc<Mutex<DbConnection>>,
}

/// The URL of a database that is not there yet (SQLite) or empty (PostgreSQL).
pub(crate) fn fresh_url(backend: Backend) -> (DatabaseUrl, Option<TempDir>) {
    match backend {
        Backend::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("test.db");
            (DatabaseUrl::Sqlite(path.to_str().unwrap().to_owned()), Some(folder))
        }
        Backend::Postgres => (DatabaseUrl::parse(&postgres::fresh_database()).unwrap(), None),
    }
}

/// One connection, set up as the pool does it.
pub(crate) fn connect(url: &DatabaseUrl) -> DbConnection {
    r2d2::ManageConnection::connect(&DbManager::new(&DbSettings::of(url.clone()))).unwrap().inner
}

impl TestDb {
    pub(crate) fn new(backend: Backend) -> Self {
        let (url, folder) = fresh_url(backend);
        Db::migrate(&url).unwrap();
        let connection = Arc::new(Mutex::new(connect(&url)));
        Self { url, _folder: folder, connection }
    }

    /// Runs `work` on the test's connection.
    pub(crate) fn run<T>(&self, work: impl FnOnce(&mut DbConnection) -> T) -> T {
        work(&mut self.connection.lock().unwrap())
    }
}

//! Databases for tests: a real SQLite file or a real PostgreSQL database, fresh for each test.

#[path = "../../tests/support/postgres.rs"]
mod postgres;

use std::sync::Mutex;

use diesel::connection::SimpleConnection;
use tempfile::TempDir;

use super::{DatabaseUrl, Db, DbConnection, DbSettings};

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
    connection: Mutex<DbConnection>,
}

/// Runs `work` on a thread that may block, also for a test that is asynchronous itself.
pub(crate) fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let working = scope.spawn(work);
        working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The URL of a database that is not there yet (SQLite) or empty (PostgreSQL).
pub(crate) fn fresh_url(backend: Backend) -> (DatabaseUrl, Option<TempDir>) {
    match backend {
        Backend::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("test.db");
            (DatabaseUrl::Sqlite(path.to_str().unwrap().to_owned()), Some(folder))
        }
        Backend::Postgres => (DatabaseUrl::parse(&apart(postgres::fresh_database)).unwrap(), None),
    }
}

/// One connection, which waits for others as those of the server do.
pub(crate) fn connect(url: &DatabaseUrl) -> DbConnection {
    apart(|| DbConnection::with_settings(&DbSettings::of(url.clone())).unwrap())
}

impl TestDb {
    pub(crate) fn new(backend: Backend) -> Self {
        let (url, folder) = fresh_url(backend);
        Self::on(url, folder)
    }

    /// On PostgreSQL, where the database's own order of texts is that of a language and not that of their bytes.
    pub(crate) fn in_the_order_of_english() -> Self {
        let (url, _) = fresh_url(Backend::Postgres);
        let DatabaseUrl::Postgres(server) = &url else { panic!("PostgreSQL") };
        let (server, name) = server.text().rsplit_once('/').unwrap();
        let english = format!(
            "CREATE DATABASE {name}_en TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        );
        apart(|| connect(&url).batch_execute(&english).unwrap());
        Self::on(DatabaseUrl::parse(&format!("{server}/{name}_en")).unwrap(), None)
    }

    fn on(url: DatabaseUrl, folder: Option<TempDir>) -> Self {
        apart(|| Db::migrate(&DbSettings::of(url.clone())).unwrap());
        let connection = Mutex::new(connect(&url));
        Self { url, _folder: folder, connection }
    }

    /// Runs `work` on the test's connection.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce(&mut DbConnection) -> T + Send) -> T {
        apart(|| work(&mut self.connection.lock().unwrap()))
    }
}

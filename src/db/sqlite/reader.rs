//! Short reads, which a worker of the server does itself, on a connection of its own: a hop to another thread
//! and back costs more than the read.

use std::cell::RefCell;
use std::time::Duration;

use diesel::SqliteConnection;

use super::Sqlite;
use super::connection::Connector;
use crate::db::error::DbError;

/// Room for the pages that the lists of a hundred users take among millions of tasks, where nearly each page
/// holds rows of one user alone. Without it they cost a fifth more.
const CACHE_KIB: u32 = 4000;

/// The reads of one worker thread.
pub(crate) struct SqliteReader {
    db: Sqlite,
    /// Fails at once where others would wait.
    connector: Connector,
    connection: RefCell<Option<SqliteConnection>>,
}

impl SqliteReader {
    /// For the thread that calls this.
    pub(crate) fn new(db: &Sqlite) -> Self {
        let connector = db.connector(Duration::ZERO);
        Self { db: db.clone(), connector, connection: RefCell::default() }
    }

    /// Runs `work`, which reads some rows that a key leads to: it holds up the thread.
    ///
    /// # Errors
    /// As [`Sqlite::read`].
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: Fn(&mut SqliteConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        match self.at_once(&work) {
            Some(outcome) => outcome,
            None => self.db.read(work).await,
        }
    }

    /// `None` when it would have to wait: then the pool may, on a thread that no other request needs.
    fn at_once<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, DbError>,
    ) -> Option<Result<T, DbError>> {
        // Taken out, so that a panic leaves nothing behind.
        let kept = self.connection.take();
        let mut connection = kept.or_else(|| self.connector.open(CACHE_KIB).ok())?;
        match work(&mut connection) {
            Err(DbError::Unavailable(_)) => None,
            outcome => {
                self.connection.replace(Some(connection));
                Some(outcome)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::Integer;
    use diesel::{QueryableByName, RunQueryDsl, SqliteConnection};

    use super::{CACHE_KIB, SqliteReader};
    use crate::db::testing::{Backend, fresh_url};
    use crate::db::{Db, DbError, DbSettings};

    #[derive(QueryableByName)]
    struct CacheSize {
        #[diesel(sql_type = Integer)]
        cache_size: i32,
    }

    #[test]
    fn a_worker_keeps_more_pages_than_a_connection_of_the_pool() {
        let (url, _folder) = fresh_url(Backend::Sqlite);
        let cache_size = |connection: &mut SqliteConnection| {
            let asked = diesel::sql_query("PRAGMA cache_size").get_result::<CacheSize>(connection);
            Ok::<i32, DbError>(asked?.cache_size)
        };
        actix_rt::System::new().block_on(async {
            let Db::Sqlite(db) = Db::connect(&DbSettings::of(url)).unwrap() else {
                panic!("SQLite")
            };
            let own = SqliteReader::new(&db).read(cache_size).await;
            assert_eq!(own.unwrap(), -i32::try_from(CACHE_KIB).unwrap());
            assert_eq!(db.read(cache_size).await.unwrap(), -2000);
        });
    }
}

//! Short reads. On SQLite a worker of the server does them itself, on a connection of its own: a hop
//! to another thread and back costs more than the read. On PostgreSQL they go through the worker's
//! [`Pipeline`].

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use super::connection::{DbConnection, PipelinedConnection};
use super::error::DbError;
use super::manager::DbManager;
use super::pipeline::Pipeline;
use super::pool::Db;
use super::purpose::Purpose;

/// Room for the pages that lists of a hundred users take among millions of tasks, where nearly all of each user's pages
/// are nobody else's. Without it they cost a fifth more.
const CACHE_KIB: u32 = 4000;

/// The reads of one worker thread.
pub struct Reader {
    db: Db,
    own: Option<Own>,
    pipeline: Option<Rc<Pipeline>>,
}

impl Reader {
    /// For the thread that calls this.
    #[must_use]
    pub fn new(db: Db) -> Self {
        let manager = db.impatient_manager();
        let own = manager.map(|manager| Own { manager, connection: RefCell::default() });
        let pipeline = Pipeline::of(&db, Purpose::Reads);
        Self { db, own, pipeline }
    }

    /// Runs one statement for a user, which must find what it reads by an index: `pipelined` where the
    /// worker has a pipeline to PostgreSQL, else `work`. Both must give the same.
    ///
    /// # Errors
    /// As [`Db::run_for`].
    pub async fn run_pipelined_for<Owner, T, P, F>(
        &self,
        owner: Owner,
        pipelined: P,
        work: F,
    ) -> Result<T, DbError>
    where
        Owner: AsRef<str> + Send + 'static,
        P: AsyncFnOnce(&PipelinedConnection, &Owner) -> Result<T, DbError>,
        F: Fn(&mut DbConnection, &Owner) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        if let Some(outcome) =
            self.pipelined(async |connection| pipelined(connection, &owner).await).await
        {
            return outcome;
        }
        self.run_for(owner, work).await
    }

    /// `None` when the pool should read, also what was lost with a connection.
    async fn pipelined<T>(
        &self,
        statement: impl AsyncFnOnce(&PipelinedConnection) -> Result<T, DbError>,
    ) -> Option<Result<T, DbError>> {
        let began = Instant::now();
        let answer = self.pipeline.as_ref()?.send(statement).await?;
        // A statement that took all its time would take it again.
        let is_lost = matches!(answer, Ok(Err(DbError::Unavailable(_))))
            && began.elapsed() < self.db.settings().statement_timeout;
        (!is_lost).then(|| answer.and_then(|outcome| outcome))
    }

    /// Runs `work` for a user. It must be a read of some rows that an index leads to: on SQLite it holds up
    /// the thread.
    ///
    /// # Errors
    /// As [`Db::run_for`].
    pub async fn run_for<Owner, T, F>(&self, owner: Owner, work: F) -> Result<T, DbError>
    where
        Owner: AsRef<str> + Send + 'static,
        F: Fn(&mut DbConnection, &Owner) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        match self.own.as_ref().and_then(|own| own.at_once(|connection| work(connection, &owner))) {
            Some(outcome) => outcome,
            None => self.db.run_for(owner, work).await,
        }
    }
}

struct Own {
    manager: DbManager,
    connection: RefCell<Option<DbConnection>>,
}

impl Own {
    /// `None` when it would have to wait: then the pool may, on a thread that nobody else needs.
    fn at_once<T>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, DbError>,
    ) -> Option<Result<T, DbError>> {
        // Taken out, so that a panic leaves nothing behind.
        let kept = self.connection.take();
        let mut connection = kept.or_else(|| self.manager.open_with_room(CACHE_KIB).ok())?;
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
    use diesel::{QueryableByName, RunQueryDsl};

    use super::{CACHE_KIB, Reader};
    use crate::db::testing::{Backend, fresh_url};
    use crate::db::{Db, DbConnection, DbSettings};

    #[derive(QueryableByName)]
    struct CacheSize {
        #[diesel(sql_type = Integer)]
        cache_size: i32,
    }

    #[test]
    fn a_worker_keeps_more_pages_than_a_connection_of_the_pool() {
        let (url, _folder) = fresh_url(Backend::Sqlite);
        let cache_size = |connection: &mut DbConnection| match connection {
            DbConnection::Sqlite(inner) => {
                let asked = diesel::sql_query("PRAGMA cache_size").get_result::<CacheSize>(inner);
                Ok(asked?.cache_size)
            }
            DbConnection::Postgres(_) => panic!("SQLite"),
        };
        actix_rt::System::new().block_on(async {
            let db = Db::connect(&DbSettings::of(url)).unwrap();
            let own = Reader::new(db.clone()).run_for("u", move |c, _| cache_size(c)).await;
            assert_eq!(own.unwrap(), -i32::try_from(CACHE_KIB).unwrap());
            assert_eq!(db.run(cache_size).await.unwrap(), -2000);
        });
    }
}

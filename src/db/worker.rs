//! What one worker thread does with the database, whichever it is. Work is an asynchronous function of a
//! [`Session`]: on PostgreSQL it waits for answers, on SQLite it never waits and runs through at once.
//!
//! What reads from PostgreSQL is in a box: a future of so many parts would be copied with each layer of the request that
//! it is moved through, on SQLite too.

use std::pin::Pin;

use diesel::{QueryResult, SqliteConnection};
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;

use super::Db;
use super::error::DbError;
use super::postgres::{BatchConnection, Postgres, PostgresReader};
use super::sqlite::{Sqlite, SqliteReader};

/// A connection, for as long as some work has it.
pub(crate) enum Session<'a> {
    /// To a SQLite file.
    Sqlite(&'a mut SqliteConnection),
    /// To a PostgreSQL server.
    Postgres(&'a AsyncPgConnection),
}

impl Session<'_> {
    /// The same connection, for one statement of several.
    pub(crate) fn again(&mut self) -> Session<'_> {
        match self {
            Self::Sqlite(connection) => Session::Sqlite(connection),
            Self::Postgres(connection) => Session::Postgres(connection),
        }
    }
}

/// The connections of one worker thread, and its way to those that all share.
#[expect(clippy::large_enum_variant, reason = "there is one for each worker")]
pub(crate) enum Worker {
    /// To a SQLite file.
    Sqlite(Sqlite, SqliteReader),
    /// To a PostgreSQL server.
    Postgres(Postgres, PostgresReader),
}

impl Worker {
    /// For the thread that calls this.
    pub(crate) fn new(db: &Db) -> Self {
        match db {
            Db::Sqlite(db) => Self::Sqlite(db.clone(), SqliteReader::new(db)),
            Db::Postgres(db) => Self::Postgres(db.clone(), PostgresReader::new(db)),
        }
    }

    /// The worker's own connection for writes in batches, which only PostgreSQL has: SQLite's writer makes groups of
    /// all writes.
    pub(crate) fn batches(&self) -> BatchConnection {
        match self {
            Self::Sqlite(..) => BatchConnection::none(),
            Self::Postgres(db, _) => BatchConnection::new(db),
        }
    }

    /// What takes several operations of this worker, in the time of one. In a box, because a future of so many parts
    /// would be copied with each layer of the request that it is moved through.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when it took too long; else what `work` reports.
    pub(crate) async fn in_time<T>(
        &self,
        work: Pin<Box<impl Future<Output = Result<T, DbError>>>>,
    ) -> Result<T, DbError> {
        let deadline = match self {
            Self::Sqlite(db, _) => db.deadline(),
            Self::Postgres(db, _) => db.deadline(),
        };
        deadline.answer(work).await?
    }

    /// Reads some rows of this user that a key leads to, by one statement or two.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection came free or no answer came in time; else what `work` reports.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        user_id: &str,
        work: impl AsyncFn(Session<'_>) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DbError> {
        match self {
            Self::Sqlite(_, reader) => {
                reader.read(move |c| at_once(work(Session::Sqlite(c)))).await
            }
            Self::Postgres(_, reader) => {
                let work = async |c: &_| Ok(work(Session::Postgres(c)).await?);
                Box::pin(reader.read(user_id, work)).await
            }
        }
    }

    /// Reads rows of this user that take longer, without holding up the worker, in one of the places for such reads.
    ///
    /// # Errors
    /// As [`Worker::read`], and [`DbError::Busy`] when the user's other scans took too long.
    pub(crate) async fn scan<T: Send + 'static>(
        &self,
        user_id: &str,
        work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DbError> {
        match self {
            Self::Sqlite(db, _) => db.scan(user_id, on_sqlite(work)).await,
            Self::Postgres(db, _) => Box::pin(db.scan(user_id, on_postgres(work))).await,
        }
    }

    /// Writes for this user, and returns when it is durable. Of what fails, nothing is stored; on PostgreSQL that
    /// holds for each statement.
    ///
    /// # Errors
    /// As [`Worker::read`].
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        user_id: &str,
        work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DbError> {
        match self {
            Self::Sqlite(db, _) => db.write(on_sqlite(work)).await,
            Self::Postgres(db, _) => db.run(Some(user_id), on_postgres(work)).await,
        }
    }

    /// As [`Worker::write`], by several statements that count together.
    ///
    /// # Errors
    /// As [`Worker::read`].
    pub(crate) async fn transaction<T: Send + 'static>(
        &self,
        user_id: &str,
        work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DbError> {
        match self {
            Self::Sqlite(db, _) => db.write(on_sqlite(work)).await,
            Self::Postgres(db, _) => db.transaction(Some(user_id), on_postgres(work)).await,
        }
    }
}

/// Work as a function of a connection to a file.
pub(super) fn on_sqlite<T>(
    work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T>,
) -> impl FnOnce(&mut SqliteConnection) -> Result<T, DbError> {
    move |connection| at_once(work(Session::Sqlite(connection)))
}

/// Work as a function of a connection to a server.
pub(super) fn on_postgres<T>(
    work: impl AsyncFnOnce(Session<'_>) -> QueryResult<T>,
) -> impl AsyncFnOnce(&AsyncPgConnection) -> Result<T, DbError> {
    async move |connection: &AsyncPgConnection| Ok(work(Session::Postgres(connection)).await?)
}

/// What work on SQLite gives, which never waits.
fn at_once<T>(work: impl Future<Output = QueryResult<T>>) -> Result<T, DbError> {
    let waited = || DbError::Unexpected("work on SQLite waited".to_owned());
    Ok(work.now_or_never().ok_or_else(waited)??)
}

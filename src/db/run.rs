//! How a statement is run in a session, whichever database it leads to.

/// The rows that a statement gives. All of them are read: SQLite notes an error of the disk only after the last one.
macro_rules! load {
    ($session:expr, $statement:expr) => {
        match $session {
            $crate::db::Session::Sqlite(c) => diesel::RunQueryDsl::load($statement, &mut **c),
            $crate::db::Session::Postgres(c) => {
                $crate::db::load_on_postgres!(&mut &**c, $statement)
            }
        }
    };
}

/// The rows of a statement that PostgreSQL alone can run.
macro_rules! load_on_postgres {
    ($connection:expr, $statement:expr) => {
        diesel_async::RunQueryDsl::load($statement, $connection).await
    };
}

/// How many rows a statement has changed.
macro_rules! execute {
    ($session:expr, $statement:expr) => {
        match $session {
            $crate::db::Session::Sqlite(c) => diesel::RunQueryDsl::execute($statement, &mut **c),
            $crate::db::Session::Postgres(c) => {
                diesel_async::RunQueryDsl::execute($statement, &mut &**c).await
            }
        }
    };
}

pub(crate) use {execute, load, load_on_postgres};

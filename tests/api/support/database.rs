//! The database behind the server's back.

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A program beside it may be writing just now.
fn sqlite(path: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    connection
}

/// Runs statements that both databases understand.
pub fn execute(database_url: &str, statements: &str) {
    match database_url.strip_prefix("sqlite://") {
        Some(path) => sqlite(path).batch_execute(statements),
        None => PgConnection::establish(database_url).unwrap().batch_execute(statements),
    }
    .unwrap_or_else(|error| panic!("{error}: {statements}"));
}

/// The number that a statement selects under the name `number`.
pub fn number(database_url: &str, statement: &str) -> i64 {
    let query = diesel::sql_query(statement);
    let row: diesel::QueryResult<Number> = match database_url.strip_prefix("sqlite://") {
        Some(path) => query.get_result(&mut sqlite(path)),
        None => query.get_result(&mut PgConnection::establish(database_url).unwrap()),
    };
    row.unwrap_or_else(|error| panic!("{error}: {statement}")).number
}

/// Gives a user this many tasks with the ids from 1 on, and descriptions of this many characters.
pub fn insert_tasks(database_url: &str, user: &str, tasks: usize, description: usize) {
    execute(
        database_url,
        &format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {tasks}) \
             INSERT INTO tasks (user_id, id, version, title, description, completed, priority, tags, created_at, updated_at) \
             SELECT '{user}', i, 1, 'Task', '{}', FALSE, 1, '[\"a\"]', i, i FROM n WHERE i <= {tasks}",
            "🦀".repeat(description)
        ),
    );
}

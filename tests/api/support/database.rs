//! The database itself, read and written without the server.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use postgres::SimpleQueryMessage;

use super::postgres::connect;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

/// A connection that waits while the program writes.
fn sqlite(path: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    connection
}

/// Runs statements that both databases understand.
pub fn execute(database_url: &str, statements: &str) {
    match database_url.strip_prefix("sqlite://") {
        Some(path) => sqlite(path)
            .batch_execute(statements)
            .unwrap_or_else(|error| panic!("{error}: {statements}")),
        None => connect(database_url)
            .and_then(|mut connection| connection.batch_execute(statements))
            .unwrap_or_else(|error| panic!("{error:?}: {statements}")),
    }
}

/// The number that a statement selects under the name `number`.
pub fn number(database_url: &str, statement: &str) -> i64 {
    let values = column(database_url, "number", statement);
    let [value] = values.as_slice() else { panic!("{values:?}: {statement}") };
    value.parse().unwrap_or_else(|error| panic!("{error}: {value:?}: {statement}"))
}

/// The values, as text, that a statement selects under this name.
pub fn column(database_url: &str, name: &str, statement: &str) -> Vec<String> {
    let Some(path) = database_url.strip_prefix("sqlite://") else {
        // The simple protocol, which works through a pooler too.
        let rows = connect(database_url).and_then(|mut c| c.simple_query(statement));
        let rows = rows.unwrap_or_else(|error| panic!("{error:?}: {statement}"));
        let values = rows.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(name).unwrap().to_owned()),
            _ => None,
        });
        return values.collect();
    };
    let as_text = format!("SELECT CAST({name} AS TEXT) AS value FROM ({statement})");
    let rows: diesel::QueryResult<Vec<Row>> = diesel::sql_query(as_text).load(&mut sqlite(path));
    let rows = rows.unwrap_or_else(|error| panic!("{error}: {statement}"));
    rows.into_iter().map(|row| row.value).collect()
}

/// Gives a user without tasks this many, with the ids and `seq`s from 1 on, and descriptions of this many
/// characters.
pub fn insert_tasks(database_url: &str, user: &str, tasks: usize, description: usize) {
    execute(
        database_url,
        &format!(
            "INSERT INTO owners (user_id, seq, last_id, tasks, epoch) \
             VALUES ('{user}', {tasks}, {tasks}, {tasks}, 1); \
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {tasks}) \
             INSERT INTO tasks (user_id, id, seq, title, description, completed, priority, tags, created_at, updated_at) \
             SELECT '{user}', i, i, 'Task', '{}', FALSE, 1, '[\"a\"]', i, i FROM n",
            "🦀".repeat(description)
        ),
    );
}

/// What one row of `owners` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    /// The number of the last write.
    pub seq: i64,
    /// The id of the newest task that there was.
    pub last_id: i64,
    /// How many tasks there are.
    pub tasks: i64,
}

/// The row of a user who has written.
pub fn owner_row(database_url: &str, user: &str) -> OwnerRow {
    let of = |column: &str| {
        let statement = format!("SELECT {column} AS number FROM owners WHERE user_id = '{user}'");
        number(database_url, &statement)
    };
    OwnerRow { seq: of("seq"), last_id: of("last_id"), tasks: of("tasks") }
}

/// Fails unless the owners' rows agree with the tasks: each task has an owner's row, each `seq` stands
/// once and is not above the owner's, no id is above the newest one, and the count is exact.
pub fn assert_owners_agree(database_url: &str) {
    for disagreeing in [
        "FROM tasks WHERE NOT EXISTS (SELECT 1 FROM owners WHERE owners.user_id = tasks.user_id)",
        "FROM owners WHERE tasks <> (SELECT count(*) FROM tasks WHERE tasks.user_id = owners.user_id)",
        "FROM owners JOIN tasks ON tasks.user_id = owners.user_id \
         WHERE tasks.seq > owners.seq OR tasks.id > owners.last_id",
        "FROM owners JOIN deleted_tasks AS d ON d.user_id = owners.user_id \
         WHERE d.seq > owners.seq OR d.id > owners.last_id OR d.seq <= owners.purged_seq",
        "FROM deleted_tasks AS d JOIN tasks ON tasks.user_id = d.user_id \
         WHERE tasks.id = d.id OR tasks.seq = d.seq",
        "FROM (SELECT 1 AS twice FROM deleted_tasks GROUP BY user_id, seq HAVING count(*) > 1) AS doubled",
        "FROM (SELECT 1 AS twice FROM tasks GROUP BY user_id, seq HAVING count(*) > 1) AS doubled",
    ] {
        let rows = number(database_url, &format!("SELECT count(*) AS number {disagreeing}"));
        assert_eq!(rows, 0, "{disagreeing}");
    }
}

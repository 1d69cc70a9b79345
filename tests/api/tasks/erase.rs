//! `DELETE /api/{user_id}`: the whole account at once.

use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, full, new_task, tasks_of};
use crate::support::database::{execute, number};
use crate::support::{Backend, Client, TestApp};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// How many rows of a user there are in each table that has a `user_id`.
fn rows(app: &TestApp, user: &str) -> Vec<(String, i64)> {
    const SQLITE: &str = "SELECT m.name AS name FROM sqlite_master m, pragma_table_info(m.name) c \
        WHERE m.type = 'table' AND c.name = 'user_id' ORDER BY 1";
    const POSTGRES: &str = "SELECT table_name::text AS name FROM information_schema.columns \
        WHERE column_name = 'user_id' AND table_schema = 'public' ORDER BY 1";
    let url = app.database_url.as_str();
    let tables: Vec<Name> = match url.strip_prefix("sqlite://") {
        Some(path) => {
            diesel::sql_query(SQLITE).load(&mut SqliteConnection::establish(path).unwrap())
        }
        None => diesel::sql_query(POSTGRES).load(&mut PgConnection::establish(url).unwrap()),
    }
    .unwrap();
    assert!(tables.len() >= 2, "the tables were not found");
    let count = |table: &str| {
        number(url, &format!("SELECT count(*) AS number FROM {table} WHERE user_id = '{user}'"))
    };
    tables.into_iter().map(|table| (table.name.clone(), count(&table.name))).collect()
}

fn fill(client: &Client, user: &str) {
    for number in 0..5 {
        let keyed = client.with_header("Idempotency-Key", &number.to_string());
        keyed.post(&tasks_of(user), &full()).expect(201);
        new_task(client, user, "unkeyed");
    }
}

#[rstest]
fn it_leaves_no_row_of_the_caller_in_any_table_and_all_of_the_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let mallory = app.as_user("mallory");
    fill(&client, ALICE);
    fill(&mallory, "mallory");
    let others = rows(&app, "mallory");
    assert!(rows(&app, ALICE).iter().all(|(_, count)| *count > 0));
    let answer = client.delete("/api/alice").expect(204);
    assert!(answer.body.is_empty());
    assert!(rows(&app, ALICE).iter().all(|(_, count)| *count == 0), "{:?}", rows(&app, ALICE));
    assert_eq!(rows(&app, "mallory"), others);
    assert_eq!(client.get(&tasks_of(ALICE)).json(), json!([]));
    client.delete("/api/alice").expect(204);
    fill(&client, ALICE);
    assert_eq!(client.get(&tasks_of(ALICE)).json().as_array().map(Vec::len), Some(10));
}

#[rstest]
fn nobody_erases_anybody_else(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (app, client) = alice(backend);
    fill(&client, ALICE);
    let before = rows(&app, ALICE);
    let mallory = app.as_user("mallory");
    mallory.delete("/api/alice").expect(403);
    app.anonymous().delete("/api/alice").expect(401);
    mallory.delete("/api/mallory").expect(204);
    for path in ["/api/alice/", "/api/Alice", "/api/alice%20", "/api/", "/api"] {
        let status = client.raw("DELETE", path, &[], b"").status;
        assert!([403, 404].contains(&status), "{path}: {status}");
    }
    assert_eq!(rows(&app, ALICE), before);
}

#[rstest]
fn it_erases_everything_or_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (app, client) = alice(backend);
    fill(&client, ALICE);
    let before = rows(&app, ALICE);
    let collation = if backend == Backend::Sqlite { "BINARY" } else { "\"C\"" };
    execute(
        &app.database_url,
        &format!(
            "CREATE TABLE last (u TEXT COLLATE {collation}, i BIGINT, \
             FOREIGN KEY (u, i) REFERENCES tasks (user_id, id)); \
             INSERT INTO last SELECT user_id, id FROM tasks"
        ),
    );
    client.delete("/api/alice").expect(500);
    assert_eq!(rows(&app, ALICE), before);
    assert_eq!(client.get(&tasks_of(ALICE)).status, 200, "the connection is still good");
}

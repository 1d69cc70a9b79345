//! `DELETE /api/{user_id}`: the whole account at once.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, full, new_task, tasks_of};
use crate::support::database::{column, execute, number};
use crate::support::tokens::{ORIGIN, now};
use crate::support::{Answer, Backend, Client, TestApp, TokenBuilder};

/// How many rows of a user there are in each table that has a `user_id`.
fn rows(app: &TestApp, user: &str) -> Vec<(String, i64)> {
    const SQLITE: &str = "SELECT m.name AS name FROM sqlite_master m, pragma_table_info(m.name) c \
        WHERE m.type = 'table' AND c.name = 'user_id' ORDER BY 1";
    const POSTGRES: &str = "SELECT table_name::text AS name FROM information_schema.columns \
        WHERE column_name = 'user_id' AND table_schema = 'public' ORDER BY 1";
    let url = app.database_url.as_str();
    let statement = if url.starts_with("sqlite:") { SQLITE } else { POSTGRES };
    let tables = column(url, "name", statement);
    assert_eq!(tables, ["deleted_tasks", "idempotency_keys", "owners", "tasks"]);
    let count = |table: &str| {
        number(url, &format!("SELECT count(*) AS number FROM {table} WHERE user_id = '{user}'"))
    };
    tables.into_iter().map(|table| (table.clone(), count(&table))).collect()
}

/// Nothing is left of the user but the mark in the owner's row, which says nothing of the tasks.
#[track_caller]
fn assert_erased(app: &TestApp, user: &str) {
    let left: Vec<_> = rows(app, user).into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(left, [("owners".to_owned(), 1)]);
    let marks = format!(
        "SELECT count(*) AS number FROM owners WHERE user_id = '{user}' \
         AND erased_at IS NOT NULL AND tasks = 0 AND last_id = 0"
    );
    assert_eq!(number(&app.database_url, &marks), 1);
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (401, "account_erased"), "{answer:?}");
    assert_eq!(answer.json()["retry"], "login");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
}

fn fill(client: &Client, user: &str) {
    for number in 0..5 {
        let keyed = client.with_header("Idempotency-Key", &number.to_string());
        keyed.post(&tasks_of(user), &full()).expect(201);
        new_task(client, user, "unkeyed");
        let gone = new_task(client, user, "deleted");
        client.delete(&gone).expect(204);
    }
}

#[rstest]
fn the_user_whose_id_is_me_can_do_all_that_others_can(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, alice) = alice(backend);
    new_task(&alice, ALICE, "a");
    let me = app.as_user("me");
    fill(&me, "me");
    // The one path that two operations share.
    for client in [&me, &alice] {
        assert_eq!(client.get("/api/me").expect(200).json()["claims"]["iss"], ORIGIN);
        client.send("HEAD", "/api/me", None).expect(200);
        let post = client.post("/api/me", &json!({})).expect(405);
        assert_eq!(post.header("allow"), Some("GET, HEAD"));
    }
    app.anonymous().delete("/api/me").expect(401);
    assert_eq!(alice.delete("/api/me").expect(403).code(), "forbidden");
    assert!(rows(&app, "me").iter().all(|(_, count)| *count > 0));
    me.delete("/api/me").expect(204);
    assert_erased(&app, "me");
    assert_eq!(alice.get(&tasks_of(ALICE)).json().as_array().map(Vec::len), Some(1));
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
    assert_erased(&app, ALICE);
    assert_eq!(rows(&app, "mallory"), others);
    mallory.get(&tasks_of("mallory")).expect(200);
}

#[rstest]
fn from_then_on_every_token_of_the_user_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    let elsewhere = TestApp::spawn_on(&app.database_url, backend, &[]);
    elsewhere.as_user(ALICE).get(&task).expect(200);
    client.delete("/api/alice").expect(204);
    let later = TokenBuilder::valid(ALICE).claim("iat", now() + 20).build();
    for client in [&client, &app.with_token(&later)] {
        for path in [task.as_str(), &tasks_of(ALICE), "/api/alice/changes", "/api/me"] {
            assert_refused(&client.get(path));
        }
        assert_refused(&client.post(&tasks_of(ALICE), &json!({"title": "b"})));
        assert_refused(&client.delete("/api/alice"));
    }
    app.as_user("mallory").get(&tasks_of("mallory")).expect(200);
    let client = elsewhere.as_user(ALICE);
    let heard = || client.get("/api/me").status == 401;
    assert!((0..200).any(|_| heard() || {
        std::thread::sleep(Duration::from_millis(10));
        false
    }));
    assert_refused(&client.get(&task));
    let restarted = TestApp::spawn_on(&app.database_url, backend, &[]);
    assert_refused(&restarted.as_user(ALICE).get(&task));
    assert_erased(&app, ALICE);
}

/// The database itself refuses new tasks, so that an instance which has not heard of it makes none either.
#[rstest]
fn an_instance_that_has_not_heard_of_it_makes_no_task(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    execute(&app.database_url, "UPDATE owners SET erased_at = 1 WHERE user_id = 'alice'");
    let create = json!({"op": "create", "task": {"title": "b"}});
    let batch = |atomic: bool| json!({"atomic": atomic, "operations": [create.clone()]});
    let keyed = client.with_header("Idempotency-Key", "k");
    for answer in [
        client.post(&tasks_of(ALICE), &json!({"title": "b"})),
        keyed.post(&tasks_of(ALICE), &json!({"title": "b"})),
        client.post(&format!("{}/batch", tasks_of(ALICE)), &batch(true)),
        client.post(&format!("{}/batch", tasks_of(ALICE)), &batch(false)),
    ] {
        assert_refused(&answer);
    }
    let list = client.get(&tasks_of(ALICE)).expect(200).json();
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert_eq!(list[0]["title"], "a");
    client.delete(&task).expect(204);
    let mallory = app.as_user("mallory");
    mallory.post(&tasks_of("mallory"), &json!({"title": "b"})).expect(201);
}

/// Writes that come at once go to PostgreSQL in batches, which have a statement of their own.
#[rstest]
fn nor_when_many_come_at_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (app, client) = alice(backend);
    new_task(&client, ALICE, "a");
    execute(&app.database_url, "UPDATE owners SET erased_at = 1 WHERE user_id = 'alice'");
    std::thread::scope(|scope| {
        for number in 0..16 {
            let user = if number % 2 == 0 { ALICE } else { "mallory" };
            let client = app.as_user(user);
            scope.spawn(move || {
                for _ in 0..10 {
                    let answer = client.post(&tasks_of(user), &json!({"title": "b"}));
                    if user == ALICE {
                        assert_refused(&answer);
                    } else {
                        answer.expect(201);
                    }
                }
            });
        }
    });
    let tasks = "SELECT count(*) AS number FROM tasks WHERE user_id = 'alice'";
    assert_eq!(number(&app.database_url, tasks), 1);
}

#[rstest]
fn no_user_erases_another(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
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

/// Lets every deletion from a table fail.
fn keep_rows_of(app: &TestApp, table: &str) {
    let trigger = match app.database_url.starts_with("sqlite:") {
        true => format!(
            "CREATE TRIGGER keep BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'kept'); END"
        ),
        false => format!(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept'; END $$; \
             CREATE TRIGGER keep BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep()"
        ),
    };
    execute(&app.database_url, &trigger);
}

#[rstest]
fn it_erases_everything_or_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("tasks", "deleted_tasks", "idempotency_keys")] table: &str,
) {
    let (app, client) = alice(backend);
    fill(&client, ALICE);
    let before = rows(&app, ALICE);
    keep_rows_of(&app, table);
    client.delete("/api/alice").expect(500);
    assert_eq!(rows(&app, ALICE), before);
    let marks = "SELECT count(*) AS number FROM owners WHERE erased_at IS NOT NULL";
    assert_eq!(number(&app.database_url, marks), 0);
    assert_eq!(client.get(&tasks_of(ALICE)).status, 200, "the connection is still good");
}

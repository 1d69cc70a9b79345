//! The database disappears or hangs: clients get 503 with `Retry-After`, and the server recovers by itself.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use rstest::rstest;
use serde_json::json;

use crate::support::app::{cut_connections, drop_database};
use crate::support::client::new_task;
use crate::support::postgres::connect;
use crate::support::{Answer, Backend, TestApp};

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "database_unavailable"),
        "{answer:?}"
    );
    assert!(answer.header("retry-after").is_some_and(|value| value.parse::<u32>().is_ok()));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let text = answer.text().to_ascii_lowercase();
    for word in ["postgres", "sqlite", "locked", "connection", "127.0.0.1"] {
        assert!(!text.contains(word), "{answer:?}");
    }
}

#[test]
fn without_its_postgres_database_the_api_is_503_and_health_is_200() {
    let app = TestApp::spawn(Backend::Postgres);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "a");
    drop_database(&app);
    assert_unavailable(&alice.get(&task));
    assert_unavailable(&alice.put(&task, &json!({"title": "b"})));
    assert_eq!(app.anonymous().get("/health").status, 200);
    assert_eq!(app.anonymous().get("/api/me").status, 401);
    assert_eq!(app.as_user("mallory").get(&task).status, 403);
    assert_eq!(alice.put(&task, &json!({"title": ""})).status, 422);
}

/// The database server may have restarted while there were no requests.
#[test]
fn connections_lost_while_idle_fail_no_request() {
    let app = TestApp::spawn_with(Backend::Postgres, &[("DATABASE_MAX_CONNECTIONS", "3")]);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "a");
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(300));
        cut_connections(&app);
        let answers: Vec<Answer> = (0..10).map(|_| alice.get(&task)).collect();
        assert!(answers.iter().all(|answer| answer.json()["title"] == "a"), "{answers:?}");
    }
}

/// A connection that was used a moment ago is not checked, so the request that gets it fails. After that, all
/// others are checked first.
#[test]
fn connections_lost_shortly_after_use_fail_one_request_at_most() {
    let app = TestApp::spawn_with(Backend::Postgres, &[("DATABASE_MAX_CONNECTIONS", "3")]);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "a");
    let change = json!({"title": "a"});
    std::thread::scope(|scope| {
        (0..3).for_each(|_| drop(scope.spawn(|| alice.put(&task, &change).expect(200))));
    });
    cut_connections(&app);
    let answers: Vec<Answer> = (0..10).map(|_| alice.put(&task, &change)).collect();
    let (failed, good): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|a| a.status != 200);
    failed.iter().for_each(|answer| assert_unavailable(answer));
    assert!(failed.len() <= 1 && good.iter().all(|answer| answer.json()["title"] == "a"));
}

#[rstest]
fn a_locked_sqlite_file_is_503_for_writers_and_not_for_readers(
    #[values("10", "1")] connections: &str,
) {
    let app = TestApp::spawn_with(Backend::Sqlite, &[("DATABASE_MAX_CONNECTIONS", connections)]);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "a");
    let path = app.database_url.strip_prefix("sqlite://").unwrap();
    let mut other = SqliteConnection::establish(path).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    assert_eq!(alice.get(&task).status, 200);
    assert_unavailable(&alice.put(&task, &json!({"title": "b"})));
    other.batch_execute("ROLLBACK").unwrap();
    let answer = alice.put(&task, &json!({"title": "c"})).expect(200);
    assert_eq!((&answer.json()["title"], answer.header("etag")), (&json!("c"), Some("\"2\"")));
}

#[test]
fn a_postgres_table_locked_by_another_is_503_until_it_is_free() {
    let variables = [("DATABASE_STATEMENT_TIMEOUT_SECONDS", "1")];
    let app = TestApp::spawn_with(Backend::Postgres, &variables);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "a");
    let mut other = connect(&app.database_url).unwrap();
    other.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").unwrap();
    let started = Instant::now();
    assert_unavailable(&alice.get(&task));
    assert_unavailable(&alice.put(&task, &json!({"title": "b"})));
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(alice.get(&task).expect(200).json()["title"], "a");
}

#[test]
fn a_pool_without_a_free_connection_is_503() {
    let app = TestApp::spawn_with(Backend::Postgres, &[("DATABASE_MAX_CONNECTIONS", "1")]);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "a");
    let mut other = connect(&app.database_url).unwrap();
    other.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        // Waits 5 s for the table; the reader gives up waiting for its connection after 3.
        let writer = scope.spawn(|| alice.put(&task, &json!({"title": "b"})));
        std::thread::sleep(Duration::from_millis(500));
        let asked = Instant::now();
        assert_unavailable(&alice.get(&task));
        assert!(asked.elapsed() < Duration::from_millis(4500), "{:?}", asked.elapsed());
        assert_unavailable(&writer.join().unwrap());
    });
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(alice.get(&task).status, 200);
}

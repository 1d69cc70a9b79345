//! `GET /health`: the process responds. `GET /health/ready`: it can do its work.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use crate::support::app::drop_database;
use crate::support::database::execute;
use crate::support::postgres::free_port;
use crate::support::{Answer, Backend, TestApp};

#[rstest]
fn health_answers_without_a_token(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::spawn(backend);
    let answer = app.anonymous().get("/health").expect(200);
    assert_eq!(answer.json(), json!({"status": "healthy", "version": env!("CARGO_PKG_VERSION")}));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[test]
fn health_ignores_a_token() {
    let app = TestApp::spawn(Backend::Sqlite);
    assert_eq!(app.with_token("rubbish").get("/health").status, 200);
}

#[test]
fn head_has_the_same_headers_and_no_body() {
    let app = TestApp::spawn(Backend::Sqlite);
    let get = app.anonymous().get("/health");
    let head = app.anonymous().send("HEAD", "/health", None).expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-type"), get.header("content-type"));
    assert_eq!(head.header("content-length"), get.header("content-length"));
}

#[test]
fn a_trailing_slash_is_not_an_alias() {
    let app = TestApp::spawn(Backend::Sqlite);
    for path in ["/health/", "//health", "/Health", "/health/ready/"] {
        assert_eq!(app.anonymous().get(path).status, 404, "{path}");
    }
}

#[rstest]
fn ready_answers_without_a_token(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::spawn(backend);
    let answer = app.anonymous().get("/health/ready").expect(200);
    assert_eq!(answer.json(), json!({"status": "ready"}));
}

#[track_caller]
fn assert_not_ready(answer: &Answer, missing: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (503, "not_ready"), "{answer:?}");
    assert_eq!(answer.json()["detail"], format!("Not ready: {missing}."));
    assert!(answer.header("retry-after").is_some());
}

#[test]
fn ready_says_that_the_database_is_missing_and_not_why() {
    let app = TestApp::spawn(Backend::Postgres);
    app.anonymous().get("/health/ready").expect(200);
    drop_database(&app);
    std::thread::sleep(Duration::from_millis(1100));
    assert_not_ready(&app.anonymous().get("/health/ready"), "the database does not answer");
    app.anonymous().get("/health").expect(200);
}

#[test]
fn ready_says_that_migrations_are_pending() {
    let app = TestApp::spawn(Backend::Postgres);
    execute(&app.database_url, "DELETE FROM __diesel_schema_migrations");
    assert_not_ready(&app.anonymous().get("/health/ready"), "migrations are pending");
}

#[test]
fn ready_says_that_no_keys_were_loaded() {
    let url = format!("http://127.0.0.1:{}/api/auth/jwks", free_port());
    let app = TestApp::spawn_with(Backend::Sqlite, &[("JWKS_URL", &url)]);
    assert_not_ready(&app.anonymous().get("/health/ready"), "no verification keys are loaded");
}

/// The route is public, so its load must not reach the database.
#[test]
fn frequent_probes_query_the_database_once_a_second() {
    let app = TestApp::spawn(Backend::Postgres);
    app.anonymous().get("/health/ready").expect(200);
    drop_database(&app);
    let stale = (0..20).filter(|_| app.anonymous().get("/health/ready").status == 200).count();
    assert_eq!(stale, 20);
}

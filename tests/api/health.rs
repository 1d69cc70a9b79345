//! `GET /health`: the process answers, and says nothing else.

use rstest::rstest;
use serde_json::json;

use crate::support::{Backend, TestApp};

#[rstest]
fn health_answers_without_a_token(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::spawn(backend);
    let answer = app.anonymous().get("/health").expect(200);
    assert_eq!(answer.json(), json!({"status": "healthy", "version": env!("CARGO_PKG_VERSION")}));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[test]
fn health_does_not_look_at_a_token_either() {
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
fn the_slash_at_the_end_is_not_an_alias() {
    let app = TestApp::spawn(Backend::Sqlite);
    for path in ["/health/", "//health", "/Health", "/health/ready/"] {
        assert_eq!(app.anonymous().get(path).status, 404, "{path}");
    }
}

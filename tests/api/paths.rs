//! The order and the extent of the token check: it comes before every other check of a request, on every path
//! below `/api`, whether or not the path exists.

use serde_json::Value;

use crate::matrix::assert_unauthorized;
use crate::support::client::new_task;
use crate::support::{Answer, Backend, TestApp};

/// Requests with one mistake besides the missing token: method, path below the user, header lines, body.
const WRONG: &[(&str, &str, &[&str], &str)] = &[
    ("GET", "/tasks/abc", &[], ""),
    ("GET", "/tasks/0", &[], ""),
    ("GET", "/tasks/1", &[], ""),
    ("GET", "/tasks?limit=x", &[], ""),
    ("POST", "/tasks", &["Content-Type: application/json", "Content-Length: 1"], "{"),
    ("POST", "/tasks", &["Content-Type: text/plain", "Content-Length: 2"], "{}"),
    ("POST", "/tasks", &["Content-Type: application/json", "Content-Length: 99999999"], ""),
    ("DELETE", "/tasks", &[], ""),
    ("DELETE", "/tasks?completed=no", &[], ""),
    ("DELETE", "/tasks/1", &["If-Match: 1"], ""),
    ("POST", "/tasks", &["Idempotency-Key: a b", "Content-Length: 0"], ""),
    ("PUT", "", &[], ""),
    ("BREW", "/tasks/1", &[], ""),
    ("OPTIONS", "/tasks", &[], ""),
    ("GET", "/nothing", &[], ""),
    ("GET", "/tasks/1/nothing", &[], ""),
    ("GET", "", &[], ""),
    ("GET", "/", &[], ""),
    ("GET", "/tasks", &["Accept: text/html"], ""),
];

#[test]
fn the_caller_is_checked_before_anything_else_of_a_request() {
    let app = TestApp::spawn(Backend::Sqlite);
    let mallory = app.as_user("mallory").with_header("X-Request-Id", "same");
    let reference = mallory.raw("GET", "/api/alice/tasks", &[], b"").without_date();
    assert_eq!(reference.status, 403);
    for (method, path, lines, body) in WRONG {
        let path = format!("/api/alice{path}");
        let anonymous = app.anonymous().raw(method, &path, lines, body.as_bytes());
        assert_unauthorized(&anonymous, &format!("{method} {path}"));
        let other = mallory.raw(method, &path, lines, body.as_bytes()).without_date();
        let told_apart = |answer: &Answer| {
            let headers: Vec<_> =
                answer.headers.iter().filter(|(name, _)| name != "connection").cloned().collect();
            (answer.status, headers, answer.body.clone())
        };
        assert_eq!(told_apart(&other), told_apart(&reference), "{method} {path} {lines:?}");
    }
}

#[test]
fn unknown_paths_below_api_need_a_token_too() {
    let app = TestApp::spawn(Backend::Sqlite);
    for path in [
        "/api",
        "/api/",
        "/api//",
        "/api//tasks",
        "/api/nothing",
        "/api/me/",
        "/api/me/tasks",
        "/api?x=1",
        "/api/alice",
        "/api/alice/",
        "/api/alice/export/",
        "/api/alice/tasks/",
        "/api/alice//tasks",
        "/api/alice/tasks/1/",
        "/api/alice/tasks/1/complete/",
        "/api/alice/tasks/1/complete/x",
        "/api/../api/alice/tasks",
        "/api/./alice/tasks",
        "/api/%2e%2e/tasks",
        "/%61pi/alice/tasks",
        "/api/health",
    ] {
        let answer = app.anonymous().raw("GET", path, &[], b"");
        assert_unauthorized(&answer, path);
    }
    for path in [
        "/api",
        "/api/",
        "/api//tasks",
        "/api/alice/",
        "/api/alice/export/",
        "/api/alice/tasks/",
        "/api/alice//tasks",
    ] {
        let answer = app.as_user("alice").raw("GET", path, &[], b"").expect(404);
        assert_eq!(answer.code(), "not_found", "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
    }
    for path in [
        "/api/nothing",
        "/api/../api/alice/tasks",
        "/api/Alice/tasks",
        "/api/alice%20/tasks",
        "/api/%20alice/tasks",
    ] {
        assert_eq!(app.as_user("alice").raw("GET", path, &[], b"").status, 403, "{path}");
    }
}

#[test]
fn unknown_paths_outside_api_are_404() {
    let app = TestApp::spawn(Backend::Sqlite);
    for path in [
        "/apix",
        "/apix/alice/tasks",
        "/API/alice/tasks",
        "//api/alice/tasks",
        "/api%2Falice/tasks",
        "/tasks",
        "/admin",
    ] {
        for client in [app.anonymous(), app.as_user("alice")] {
            let answer = client.raw("GET", path, &[], b"").expect(404);
            assert_eq!(answer.code(), "not_found", "{path}");
        }
    }
    for path in
        ["*", "api", "/api/%zz/tasks", "/api/%/tasks", "/api/\u{e4}/tasks", "/api/a b/tasks"]
    {
        let status = app.as_user("alice").raw("GET", path, &[], b"").status;
        assert!((400..500).contains(&status), "{path:?}: {status}");
    }
}

#[test]
fn a_user_id_may_equal_the_name_of_a_route() {
    let app = TestApp::spawn(Backend::Sqlite);
    for user in ["me", "tasks", "health", "api"] {
        let client = app.as_user(user);
        let task = new_task(&client, user, "Mine");
        assert_eq!(client.get(&task).json()["user_id"], Value::from(user));
    }
}

//! The protection of every operation in the URL table, called without a token and as another user. A new route
//! is tested here automatically.

use rstest::rstest;
use serde_json::{Value, json};
use taskbridge::{Access, Operation, Produces, operations};

use crate::support::client::{new_task, tasks_of};
use crate::support::tokens::now;
use crate::support::{Answer, Backend, Client, TestApp, TokenBuilder, sources};

/// The operations that need no token. A new one must be listed here on purpose.
const PUBLIC: &[(&str, &str)] = &[
    ("GET", "/health"),
    ("GET", "/health/ready"),
    ("GET", "/"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/page.js"),
    ("GET", "/docs/swagger-ui-bundle.js"),
    ("GET", "/docs/swagger-ui.css"),
];

/// The query parameters that an operation requires.
fn query(operation: &Operation) -> &'static str {
    match (operation.method.as_str(), operation.path) {
        ("DELETE", "/tasks") => "?completed=true",
        _ => "",
    }
}

pub fn path(operation: &Operation, user: &str, id: &str) -> String {
    let path = operation.pattern().replace("{user_id}", user).replace("{id}", id);
    path + query(operation)
}

/// Makes a task for one operation, and gives its path. Only what was deleted can be restored.
pub fn task_for(operation: &Operation, client: &Client, user: &str) -> String {
    let task = new_task(client, user, "Mine");
    if operation.path.starts_with("/trash/{id}") {
        client.delete(&task).expect(204);
    }
    task
}

/// A token of this user. A stream of events ends with the token, so for that the token has just expired, which the
/// server tolerates.
pub fn token_for(operation: &Operation, user: &str) -> TokenBuilder {
    let token = TokenBuilder::valid(user);
    match operation.produces {
        Produces::EventStream => token.claim("exp", now() - 1),
        _ => token,
    }
}

fn caller(app: &TestApp, operation: &Operation, user: &str) -> Client {
    app.with_token(&token_for(operation, user).build())
}

/// A body that every operation takes, whichever members it knows.
pub fn body() -> Value {
    let operations = json!([{"op": "create", "task": {"title": "One of many"}}]);
    json!({"title": "Changed", "completed": true, "operations": operations})
}

fn protected() -> impl Iterator<Item = &'static Operation> {
    let needs_token = [Access::Authenticated, Access::Owner];
    operations().filter(move |operation| needs_token.contains(&operation.access))
}

fn owned() -> impl Iterator<Item = &'static Operation> {
    operations().filter(|operation| operation.access == Access::Owner)
}

fn last_segment(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[track_caller]
pub fn assert_unauthorized(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="taskbridge""#), "{what}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
}

#[test]
fn the_public_operations_are_exactly_the_listed_ones() {
    let public = operations().filter(|operation| operation.access == Access::Public);
    let found: Vec<(&str, &str)> = public.map(|o| (o.method.as_str(), o.path)).collect();
    assert_eq!(found, PUBLIC);
}

/// What only the web app may send, which `sessions.rs` tests. A new one must be listed here on purpose.
#[test]
fn the_operations_of_the_front_end_are_exactly_the_listed_ones() {
    let found: Vec<(&str, String)> = operations()
        .filter(|operation| operation.access == Access::FrontEnd)
        .map(|operation| (operation.method.as_str(), operation.pattern()))
        .collect();
    assert_eq!(found, [("POST", "/backchannel-logout".to_owned())]);
}

#[test]
fn no_route_is_registered_beside_the_table() {
    for file in sources::all().into_iter().filter(|file| !file.is_test()) {
        let registers = [
            "web::resource(",
            "web::scope(",
            ".route(",
            ".service(",
            "web::get()",
            "web::post()",
            "#[get(",
            "#[post(",
            "#[put(",
            "#[patch(",
            "#[delete(",
            "#[route(",
        ];
        for call in registers.into_iter().filter(|call| file.code.contains(call)) {
            assert_eq!(file.path, "server/routes.rs", "{call} belongs in the URL table");
        }
        if file.path == "server/context.rs" {
            assert!(file.code.contains("routes::configure(app, Arc::clone(&self.verifier));"));
            assert!(file.code.contains("routes::configure_mcp(app, Arc::clone(verifier));"));
        }
        let configures = file.code.matches(".configure(").count();
        if file.path != "server/app.rs" {
            assert_eq!(configures, 0, "{}", file.path);
            continue;
        }
        // The second has a port of its own, for operators.
        assert_eq!(configures, 2);
        assert!(file.code.contains(".configure(|app| context.register(app))"));
        assert!(file.code.contains(".configure(routes::configure_metrics)"));
    }
}

#[rstest]
fn every_operation_is_401_without_a_token(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let id = last_segment(&new_task(&app.as_user("alice"), "alice", "Hidden"));
    for operation in protected() {
        let (method, path) = (operation.method.as_str(), path(operation, "alice", &id));
        let answer = app.anonymous().send(method, &path, None);
        assert_unauthorized(&answer, &format!("{method} {path}"));
        assert_eq!(
            (answer.code().as_str(), &answer.json()["retry"]),
            ("missing_token", &json!("login"))
        );
        let with_body = app.anonymous().json(method, &path, &json!({"title": "Forced"}));
        assert_unauthorized(&with_body, &format!("{method} {path} with a body"));
    }
    let tasks = app.as_user("alice").get(&tasks_of("alice")).json();
    assert_eq!(tasks[0]["title"], "Hidden");
    assert_eq!(tasks.as_array().map(Vec::len), Some(1));
}

#[rstest]
fn every_operation_below_another_user_is_403(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let task = new_task(&app.as_user("alice"), "alice", "Hidden");
    let before = app.as_user("alice").get(&task);
    for operation in owned() {
        let (method, path) =
            (operation.method.as_str(), path(operation, "alice", &last_segment(&task)));
        let answer = app.as_user("mallory").json(method, &path, &json!({"title": "Forced"}));
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
        assert_eq!(answer.json()["retry"], "never", "{method} {path}");
        assert_eq!(answer.code(), "forbidden");
        assert_eq!((answer.header("www-authenticate"), answer.header("etag")), (None, None));
        assert!(!answer.text().contains("Hidden"), "{method} {path}");
    }
    let after = app.as_user("alice").get(&task);
    assert_eq!((after.body, after.status), (before.body, 200));
    assert_eq!(
        app.as_user("alice").get(&tasks_of("alice")).json().as_array().map(Vec::len),
        Some(1)
    );
}

#[rstest]
fn a_foreign_task_below_the_own_path_is_404(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let task = new_task(&app.as_user("alice"), "alice", "Hidden");
    let before = app.as_user("alice").get(&task);
    let mallory = app.as_user("mallory");
    new_task(&mallory, "mallory", "Own");
    let mut tried = 0;
    for operation in owned().filter(|operation| operation.path.contains("{id}")) {
        let (method, path) =
            (operation.method.as_str(), path(operation, "mallory", &last_segment(&task)));
        let answer = mallory.json(method, &path, &json!({"title": "Forced", "completed": true}));
        assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
        assert_eq!((answer.code().as_str(), answer.header("etag")), ("not_found", None));
        tried += 1;
    }
    assert!(tried >= 5, "the table has lost its task operations");
    assert_eq!(app.as_user("alice").get(&task).body, before.body);
}

#[rstest]
fn every_operation_is_there_for_the_right_user(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let alice = app.as_user("alice");
    for operation in operations().filter(|operation| operation.access != Access::FrontEnd) {
        let id = last_segment(&task_for(operation, &alice, "alice"));
        let (method, path) = (operation.method.as_str(), path(operation, "alice", &id));
        let answer = caller(&app, operation, "alice").json(method, &path, &body());
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
    }
}

#[test]
fn head_works_wherever_get_does_and_is_guarded_alike() {
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice").with_header("X-Request-Id", "head");
    let id = last_segment(&new_task(&alice, "alice", "Mine"));
    let head_of = |client: &Client, path: &str| {
        let (get, head) = (client.raw("GET", path, &[], b""), client.raw("HEAD", path, &[], b""));
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
        assert_eq!(head.without_date().headers, get.without_date().headers, "{path}");
    };
    for operation in operations().filter(|operation| operation.method == "GET") {
        let path = path(operation, "alice", &id);
        let alice = caller(&app, operation, "alice").with_header("X-Request-Id", "head");
        head_of(&alice, &path);
        head_of(&app.anonymous().with_header("X-Request-Id", "head"), &path);
        head_of(&app.as_user("mallory").with_header("X-Request-Id", "head"), &path);
    }
}

#[test]
fn other_methods_are_405_with_exactly_what_is_allowed() {
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let id = last_segment(&new_task(&alice, "alice", "Mine"));
    for operation in operations() {
        let here = operations().filter(|o| o.pattern() == operation.pattern());
        let mut allowed: Vec<&str> = here.map(|o| o.method.as_str()).collect();
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        allowed.sort_unstable();
        let path = path(operation, "alice", &id);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
        {
            if allowed.contains(&method) {
                continue;
            }
            let answer = alice.raw(method, &path, &[], b"");
            if (method, path.as_str()) == ("DELETE", "/api/me") {
                // The erasure of the user whose id is `me`, whose path it is too.
                assert_eq!(answer.status, 403, "{answer:?}");
                continue;
            }
            assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
            let allow = answer.header("allow").unwrap_or_default();
            let mut listed: Vec<&str> = allow.split(", ").collect();
            listed.sort_unstable();
            assert_eq!(listed, allowed, "{method} {path}");
            assert!(method == "HEAD" || answer.code() == "method_not_allowed", "{method} {path}");
        }
    }
    assert_eq!(alice.get(&format!("/api/alice/tasks/{id}")).status, 200);
}

//! What a token with the claim `scope` may be used for: every operation with every scope.

use rstest::rstest;
use serde_json::json;
use taskbridge::auth::Scope;
use taskbridge::{Access, Operation, operations};

use crate::matrix::{body, path, task_for, token_for};
use crate::support::client::tasks_of;
use crate::support::{Backend, Client, TestApp, TokenBuilder};

const READ: &str = "tasks:read";
const WRITE: &str = "tasks:write";

/// Claims, and what they allow; `None` is a token without the claim.
const SCOPES: [(Option<&str>, &[Scope]); 7] = [
    (None, &Scope::ALL),
    (Some("tasks:read tasks:write"), &Scope::ALL),
    (Some("openid tasks:write tasks:read"), &Scope::ALL),
    (Some(READ), &[Scope::Read]),
    (Some(WRITE), &[Scope::Write]),
    (Some("openid profile"), &[]),
    (Some(""), &[]),
];

fn caller(app: &TestApp, user: &str, scope: Option<&str>, operation: &Operation) -> Client {
    let token = token_for(operation, user);
    let token = match scope {
        Some(scope) => token.claim("scope", scope),
        None => token,
    };
    app.with_token(&token.build())
}

fn needed(operation: &Operation) -> Scope {
    if operation.method == "GET" { Scope::Read } else { Scope::Write }
}

#[rstest]
fn every_operation_needs_its_scope(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::spawn(backend);
    let (mut admitted, mut refused) = (0, 0);
    for operation in operations().filter(|operation| operation.access == Access::Owner) {
        for (number, (scope, allows)) in SCOPES.into_iter().enumerate() {
            // One that was erased has no valid token any more.
            let user = format!("alice{number}");
            let alice = app.as_user(&user);
            let task = task_for(operation, &alice, &user);
            let id = task.rsplit('/').next().unwrap();
            let (method, path) = (operation.method.as_str(), path(operation, &user, id));
            let export = format!("/api/{user}/export");
            let before = alice.get(&export).body;
            let client = caller(&app, &user, scope, operation);
            let answer = client.json(method, &path, &body());
            let what = format!("{method} {path} with {scope:?}");
            if allows.contains(&needed(operation)) {
                assert!((200..300).contains(&answer.status), "{what}: {answer:?}");
                admitted += 1;
                continue;
            }
            assert_eq!(answer.status, 403, "{what}: {answer:?}");
            assert_eq!(answer.code(), "insufficient_scope", "{what}");
            assert_eq!(answer.json()["retry"], "never", "{what}");
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            let name = needed(operation).as_str();
            assert!(challenge.contains(r#"error="insufficient_scope""#), "{what}: {challenge}");
            assert!(challenge.ends_with(&format!(r#"scope="{name}""#)), "{what}: {challenge}");
            assert_eq!(alice.get(&export).body, before, "{what}");
            refused += 1;
        }
    }
    assert!(admitted > 50 && refused > 40, "{admitted} and {refused}");
}

#[test]
fn head_needs_what_get_does_and_whose_path_it_is_comes_first() {
    let app = TestApp::spawn(Backend::Sqlite);
    for (scope, status) in [(READ, 200), (WRITE, 403)] {
        let client = app.with_token(&TokenBuilder::valid("alice").claim("scope", scope).build());
        assert_eq!(client.raw("HEAD", &tasks_of("alice"), &[], b"").status, status, "{scope}");
        let foreign = client.get(&tasks_of("mallory")).expect(403);
        assert_eq!(foreign.code(), "forbidden", "{scope}");
        assert_eq!(client.get("/api/me").expect(200).json()["claims"]["scope"], scope);
    }
}

#[test]
fn a_scope_that_is_no_text_makes_the_token_invalid() {
    let app = TestApp::spawn(Backend::Sqlite);
    for scope in [json!(["tasks:read", "tasks:write"]), json!(1), json!(null), json!({})] {
        let client = app.with_token(&TokenBuilder::valid("alice").claim("scope", scope).build());
        assert_eq!(client.get(&tasks_of("alice")).expect(401).code(), "invalid_token");
    }
}

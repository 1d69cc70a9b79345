//! What ends tokens before they expire ends those of assistants too.

use rstest::rstest;
use serde_json::json;

use super::support::{Assistant, ON, spawn, token};
use crate::support::{Answer, Backend, TestApp, TokenBuilder};

fn log_out(app: &TestApp, token: &TokenBuilder) -> Answer {
    let form = app.anonymous().with_header("Content-Type", "application/x-www-form-urlencoded");
    let body = format!("logout_token={}", token.build());
    form.send("POST", "/backchannel-logout", Some(body.as_bytes()))
}

#[track_caller]
fn assert_ended(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (401, code), "{answer:?}");
    assert_eq!(answer.json()["retry"], "login");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains(r#"error="invalid_token""#), "{answer:?}");
    assert!(challenge.contains("resource_metadata="), "{answer:?}");
}

#[rstest]
fn an_assistants_access_ends_with_the_session_in_which_it_was_given(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = spawn(backend);
    let ended = Assistant::with(&app, &token("alice").claim("sid", "ended"));
    let other = Assistant::with(&app, &token("alice").claim("sid", "other"));
    ended.add("Mine");
    assert_eq!(log_out(&app, &TokenBuilder::logout("ended")).status, 200);
    for method in ["tools/list", "server/discover"] {
        assert_ended(&ended.request(method, json!({})), "session_revoked");
    }
    assert_ended(&ended.call("add_task", json!({"title": "Never"})), "session_revoked");
    assert_eq!(other.tool("list_tasks", json!({"include_total": true}))["total"], 1);
}

#[rstest]
fn an_erased_account_has_no_assistants(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = spawn(backend);
    let alice = Assistant::of(&app, "alice");
    alice.add("Mine");
    app.as_user("alice").delete("/api/alice").expect(204);
    assert_ended(&alice.call("add_task", json!({"title": "Never"})), "account_erased");
    Assistant::of(&app, "bob").add("Bob's");
}

/// Before this instance has been told.
#[test]
fn an_erasure_through_another_instance_is_found_by_the_store() {
    let one = spawn(Backend::Postgres);
    let other = TestApp::spawn_on(&one.database_url, Backend::Postgres, &ON);
    let alice = Assistant::of(&other, "alice");
    alice.add("Mine");
    one.as_user("alice").delete("/api/alice").expect(204);
    assert_ended(&alice.call("add_task", json!({"title": "Never"})), "account_erased");
}

#[test]
fn an_assistants_token_ends_no_session() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::with(&app, &token("alice").claim("sid", "mine"));
    let at_mcp = TokenBuilder::logout("mine").claim("aud", super::support::RESOURCE);
    for forged in [token("alice").claim("sid", "mine"), at_mcp] {
        let answer = log_out(&app, &forged);
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    alice.tool("list_tasks", json!({}));
    // And a logout token is no token of an assistant.
    let logout = Assistant::with(&app, &TokenBuilder::logout("mine").claim("sub", "alice"));
    assert_eq!(logout.request("tools/list", json!({})).status, 401);
}

#[test]
fn a_session_can_be_required() {
    let app = TestApp::spawn_with(Backend::Sqlite, &[ON[0], ON[1], ("REQUIRE_SESSION", "on")]);
    let with = Assistant::with(&app, &token("alice").claim("sid", "mine"));
    with.tool("list_tasks", json!({}));
    assert_eq!(Assistant::of(&app, "alice").request("tools/list", json!({})).status, 401);
}

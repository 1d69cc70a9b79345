//! A token is for the endpoint or for the rest of the API, and never for both.

use serde_json::{Value, json};

use super::support::{ON, RESOURCE, error_code, message, spawn, token};
use crate::support::client::tasks_of;
use crate::support::tokens::{ORIGIN, now};
use crate::support::{Answer, Backend, TestApp, TokenBuilder};

fn ask(app: &TestApp, token: &TokenBuilder) -> Answer {
    let client = app.with_token(&token.build());
    let request = client
        .with_header("MCP-Protocol-Version", super::support::VERSION)
        .with_header("Mcp-Method", "tools/list");
    request.post("/mcp", &message("tools/list", json!({})))
}

#[test]
fn each_door_opens_to_its_own_audience_alone() {
    let app = spawn(Backend::Sqlite);
    for (audience, at_mcp, at_api) in [
        (json!(RESOURCE), 200, 401),
        (json!([RESOURCE]), 200, 401),
        (json!([RESOURCE, "https://other.example"]), 200, 401),
        (json!(ORIGIN), 401, 200),
        (json!([ORIGIN]), 401, 200),
        (json!("https://api.example"), 401, 401),
        (json!("https://api.example/MCP"), 401, 401),
        (json!("https://api.example/mcp/x"), 401, 401),
        (json!("https://api.example/mcp?x"), 401, 401),
        (json!("http://api.example/mcp"), 401, 401),
        (json!(""), 401, 401),
        (json!([]), 401, 401),
        (json!(null), 401, 401),
    ] {
        let token = token("alice").claim("aud", audience.clone());
        let answer = ask(&app, &token);
        assert_eq!(answer.status, at_mcp, "{audience}: {answer:?}");
        let client = app.with_token(&token.build());
        for path in ["/api/me".to_owned(), tasks_of("alice")] {
            assert_eq!(client.get(&path).status, at_api, "{audience} at {path}");
        }
    }
    let without = token("alice").without_claim("aud");
    assert_eq!(ask(&app, &without).status, 401);
    assert_eq!(app.with_token(&without.build()).get("/api/me").status, 401);
}

#[test]
fn whatever_else_is_wrong_with_a_token_is_wrong_here_too() {
    let app = spawn(Backend::Sqlite);
    for (what, token) in [
        ("expired", token("alice").claim("exp", now() - 31)),
        ("not yet valid", token("alice").claim("nbf", now() + 40)),
        ("of another issuer", token("alice").claim("iss", "https://evil.example")),
        ("without an issuer", token("alice").without_claim("iss")),
        ("without a user", token("alice").without_claim("sub")),
        ("signed by another", token("alice").secret("x".repeat(40))),
        ("of another kind", token("alice").header("typ", "logout+jwt")),
        ("with a scope that is no text", token("alice").claim("scope", json!(["tasks:read"]))),
    ] {
        let answer = ask(&app, &token);
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
    }
    assert_eq!(ask(&app, &token("alice")).status, 200);
    for place in ["/mcp?access_token=", "/mcp?token="] {
        let path = format!("{place}{}", token("alice").build());
        assert_eq!(app.anonymous().post(&path, &json!({})).status, 401);
    }
}

#[test]
fn the_issuer_can_be_another_one_than_that_of_the_api() {
    const OTHER: &str = "https://id.example";
    let variables = [ON[0], ON[1], ("MCP_AUTHORIZATION_SERVER", OTHER)];
    let app = TestApp::spawn_with(Backend::Sqlite, &variables);
    assert_eq!(ask(&app, &token("alice").claim("iss", OTHER)).status, 200);
    assert_eq!(ask(&app, &token("alice")).status, 401);
    let metadata = app.anonymous().get("/.well-known/oauth-protected-resource").expect(200);
    assert_eq!(metadata.json()["authorization_servers"], json!([OTHER]));
    app.as_user("alice").get("/api/me").expect(200);
    let other = TokenBuilder::valid("alice").claim("iss", OTHER);
    assert_eq!(app.with_token(&other.build()).get("/api/me").status, 401);
}

#[test]
fn a_remembered_token_is_remembered_for_its_own_door_only() {
    let app = spawn(Backend::Sqlite);
    let (mcp, api) = (token("alice"), TokenBuilder::valid("alice"));
    for _ in 0..3 {
        assert_eq!(ask(&app, &mcp).status, 200);
        app.with_token(&api.build()).get("/api/me").expect(200);
        assert_eq!(app.with_token(&mcp.build()).get("/api/me").status, 401);
        assert_eq!(ask(&app, &api).status, 401);
    }
}

#[test]
fn a_refusal_is_no_message_of_the_protocol() {
    let app = spawn(Backend::Sqlite);
    let answer = ask(&app, &TokenBuilder::valid("alice"));
    assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_token"));
    assert_eq!(answer.json()["retry"], "login");
    assert_eq!(answer.json().get("jsonrpc"), None::<&Value>);
    let accepted = ask(&app, &token("alice"));
    assert!(std::panic::catch_unwind(|| error_code(&accepted)).is_err());
}

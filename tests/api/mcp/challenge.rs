//! How a client that knows the endpoint's address alone finds out where to get a token.

use serde_json::json;

use super::support::{Assistant, ON, RESOURCE, message, spawn, token};
use crate::support::tokens::{ORIGIN, now};
use crate::support::{Answer, Backend, TestApp};

const METADATA: &str =
    r#"resource_metadata="https://api.example/.well-known/oauth-protected-resource/mcp""#;
const SCOPE: &str = r#"scope="tasks:read tasks:write""#;

fn challenge(answer: &Answer) -> &str {
    answer.header("www-authenticate").unwrap_or_else(|| panic!("{answer:?}"))
}

#[test]
fn every_401_says_where_the_metadata_is_and_which_scopes_there_are() {
    let app = spawn(Backend::Sqlite);
    let realm = r#"Bearer realm="taskbridge""#;
    let expired = token("alice").claim("exp", now() - 60).build();
    let foreign = token("alice").claim("aud", ORIGIN).build();
    for (client, expected) in [
        (app.anonymous(), format!("{realm}, {SCOPE}, {METADATA}")),
        (
            app.with_token(&expired),
            format!(
                r#"{realm}, error="invalid_token", error_description="The access token expired", {SCOPE}, {METADATA}"#
            ),
        ),
        (
            app.with_token(&foreign),
            format!(
                r#"{realm}, error="invalid_token", error_description="The access token is invalid", {SCOPE}, {METADATA}"#
            ),
        ),
    ] {
        for method in ["POST", "GET", "DELETE"] {
            let answer = client.json(method, "/mcp", &message("tools/list", json!({})));
            assert_eq!(answer.status, 401, "{answer:?}");
            assert_eq!(challenge(&answer), expected, "{method}");
        }
    }
    let broken = app.anonymous().with_header("Authorization", "Bearer a b").get("/mcp");
    assert_eq!(broken.status, 400);
    assert!(challenge(&broken).ends_with(METADATA), "{broken:?}");
}

#[test]
fn the_rest_of_the_api_says_nothing_of_it() {
    let app = spawn(Backend::Sqlite);
    let answer = app.anonymous().get("/api/me").expect(401);
    assert_eq!(challenge(&answer), r#"Bearer realm="taskbridge""#);
}

#[test]
fn a_missing_scope_is_named_with_the_metadata() {
    let app = spawn(Backend::Sqlite);
    let reader = Assistant::with(&app, &token("alice").claim("scope", "tasks:read"));
    let answer = reader.call("add_task", json!({"title": "Never"}));
    assert_eq!((answer.status, answer.code().as_str()), (403, "insufficient_scope"));
    let expected = format!(
        r#"Bearer realm="taskbridge", error="insufficient_scope", error_description="The access token is not for this", scope="tasks:write", {METADATA}"#
    );
    assert_eq!(challenge(&answer), expected);
}

#[test]
fn the_metadata_needs_no_token_and_is_at_both_places() {
    let app = spawn(Backend::Sqlite);
    let expected = json!({
        "resource": RESOURCE,
        "authorization_servers": [ORIGIN],
        "scopes_supported": ["tasks:read", "tasks:write"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Taskbridge",
    });
    for path in
        ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"]
    {
        let browser = app.anonymous().with_header("Origin", ORIGIN);
        let answer = browser.get(path).expect(200);
        assert_eq!(answer.json(), expected, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
        assert_eq!(app.anonymous().raw("HEAD", path, &[], b"").status, 200);
    }
}

#[test]
fn the_address_is_the_configured_one_whatever_host_a_client_names() {
    let variables = [ON[0], ("MCP_RESOURCE", "HTTPS://Tasks.Example:8443/mcp")];
    let app = TestApp::spawn_with(Backend::Sqlite, &variables);
    let lines = ["X-Forwarded-Host: evil.example", "Forwarded: host=evil.example"];
    let answer = app.anonymous().raw("GET", "/mcp", &lines, b"");
    let metadata = "https://tasks.example:8443/.well-known/oauth-protected-resource/mcp";
    assert!(
        challenge(&answer).ends_with(&format!("resource_metadata=\"{metadata}\"")),
        "{answer:?}"
    );
    let document = app.anonymous().get("/.well-known/oauth-protected-resource/mcp").expect(200);
    assert_eq!(document.json()["resource"], "https://tasks.example:8443/mcp");
}

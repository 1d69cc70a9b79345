//! Pages may call only when their origin is one of those that may call the API.

use serde_json::json;

use super::support::{Assistant, ON, message, spawn};
use crate::support::tokens::ORIGIN;
use crate::support::{Backend, TestApp};

#[test]
fn a_page_of_another_origin_is_refused_before_its_token_is_looked_at() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice");
    let from = |origin: &str| Assistant(alice.0.with_header("Origin", origin));
    assert_eq!(from(ORIGIN).request("tools/list", json!({})).status, 200);
    for origin in [
        "https://evil.example",
        "https://app.example.evil.example",
        "https://app.example:8443",
        "http://app.example",
        "https://APP.example",
        "https://app.example/",
        "http://localhost:8000",
        "http://127.0.0.1",
        "null",
        "",
        "*",
    ] {
        let answer = from(origin).call("add_task", json!({"title": "Never"}));
        assert_eq!(answer.status, 403, "{origin}: {answer:?}");
        let body = answer.json();
        assert_eq!((body["error"]["code"].as_i64(), body.get("id")), (Some(-32600), None));
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        assert_eq!(answer.header("www-authenticate"), None, "{origin}");
        let anonymous = app.anonymous().with_header("Origin", origin);
        let answer = anonymous.post("/mcp", &message("tools/list", json!({})));
        assert_eq!(answer.status, 403, "{origin} without a token");
    }
    let both = Assistant(from(ORIGIN).0.with_header("Origin", "https://evil.example"));
    assert_eq!(both.call("add_task", json!({"title": "Never"})).status, 403);
    assert_eq!(alice.tool("list_tasks", json!({}))["tasks"], json!([]));
}

#[test]
fn a_page_of_a_known_origin_may_send_the_headers_of_the_protocol() {
    let app = spawn(Backend::Sqlite);
    let lines = [
        &format!("Origin: {ORIGIN}"),
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization,mcp-method,mcp-name,mcp-protocol-version",
    ];
    let answer = app.anonymous().raw("OPTIONS", "/mcp", &lines, b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    let allowed = answer.header_list("access-control-allow-headers");
    for header in
        ["authorization", "content-type", "mcp-method", "mcp-name", "mcp-protocol-version"]
    {
        assert!(allowed.contains(&header.to_owned()), "{header}: {allowed:?}");
    }
}

#[test]
fn a_development_server_for_all_origins_is_for_all_here_too() {
    let app = TestApp::spawn_with(Backend::Sqlite, &[ON[0], ON[1], ("CORS_ALLOWED_ORIGINS", "*")]);
    let alice = Assistant::of(&app, "alice").0.with_header("Origin", "https://any.example");
    assert_eq!(Assistant(alice).request("tools/list", json!({})).status, 200);
}

//! Bodies and headers that break a rule of HTTP, JSON-RPC or the protocol. None of them reaches a task.

use serde_json::{Value, json};

use super::support::{Assistant, RESOURCE, VERSION, error_code, message, spawn, token};
use crate::support::app::drop_database;
use crate::support::{Answer, Backend, Client};

/// A client that sends what it is told to, with the headers of a call that adds a task.
fn caller(client: &Client) -> Client {
    client
        .with_header("MCP-Protocol-Version", VERSION)
        .with_header("Mcp-Method", "tools/call")
        .with_header("Mcp-Name", "add_task")
}

fn addition() -> Value {
    message("tools/call", json!({"name": "add_task", "arguments": {"title": "Never"}}))
}

#[track_caller]
fn assert_error(answer: &Answer, status: u16, code: i64) {
    assert_eq!((answer.status, error_code(answer)), (status, code), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    assert_eq!(answer.json()["jsonrpc"], "2.0");
}

#[test]
fn a_body_that_is_no_message_is_refused() {
    let app = spawn(Backend::Sqlite);
    let client = caller(&Assistant::of(&app, "alice").0);
    let json = client.with_header("Content-Type", "application/json");
    let whole = addition().to_string();
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        (&whole[..whole.len() - 1], -32700),
        (&format!("{whole}{whole}"), -32700),
        ("\u{feff}{}", -32600),
        ("null", -32600),
        ("7", -32600),
        ("\"tools/call\"", -32600),
        ("[]", -32600),
        (&format!("[{whole}]"), -32600),
        (&format!("[{whole},{whole}]"), -32600),
        ("{}", -32600),
    ] {
        let answer = json.send("POST", "/mcp", Some(body.as_bytes()));
        let expected = if body.starts_with('\u{feff}') { -32700 } else { code };
        assert_error(&answer, 400, expected);
        assert_eq!(answer.json().get("id"), None, "{body}");
    }
    let answer = json.send("POST", "/mcp", Some(b"\xff\xfe{\"a\":\"\xff\"}"));
    assert_error(&answer, 400, -32700);
    assert_nothing_added(&app_list(&app));
}

#[test]
fn type_length_and_acceptance_are_judged_as_everywhere() {
    let app = spawn(Backend::Sqlite);
    let client = caller(&Assistant::of(&app, "alice").0);
    let body = addition().to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "text/event-stream"] {
        let typed = client.with_header("Content-Type", content_type);
        let answer = typed.send("POST", "/mcp", Some(body.as_bytes()));
        assert_eq!(answer.code(), "unsupported_media_type", "{content_type}: {answer:?}");
        assert_eq!(answer.status, 415);
    }
    let long = message("tools/list", json!({"x": "x".repeat(64 * 1024)}));
    let answer = client.post("/mcp", &long);
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
    for (accept, status) in [
        ("application/json, text/event-stream", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("text/event-stream, application/json;q=0.1", 200),
        ("text/event-stream", 406),
        ("text/html", 406),
        ("application/json;q=0, text/event-stream", 406),
    ] {
        let list = client.with_header("Accept", accept).with_header("Mcp-Method", "tools/list");
        let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let answer = list.post("/mcp", &note);
        let expected = if status == 200 { 202 } else { status };
        assert_eq!(answer.status, expected, "{accept}: {answer:?}");
    }
    assert_nothing_added(&app_list(&app));
}

#[test]
fn headers_that_contradict_the_body_are_refused() {
    let app = spawn(Backend::Sqlite);
    let client = Assistant::of(&app, "alice").0;
    let with = |fields: &[(&str, &str)]| {
        fields.iter().fold(client.clone(), |client, (name, value)| client.with_header(name, value))
    };
    let (v, m, n) = ("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name");
    for (fields, code) in [
        (&[(m, "tools/call"), (n, "add_task")][..], -32020),
        (&[(v, "2025-11-25"), (m, "tools/call"), (n, "add_task")], -32020),
        (&[(v, VERSION), (n, "add_task")], -32020),
        (&[(v, VERSION), (m, "tools/list"), (n, "add_task")], -32020),
        (&[(v, VERSION), (m, "tools/call")], -32020),
        (&[(v, VERSION), (m, "tools/call"), (n, "list_tasks")], -32020),
        (&[(v, VERSION), (m, "tools/call"), (n, "list_tasks"), (n, "add_task")], -32020),
    ] {
        let answer = with(fields).post("/mcp", &addition());
        assert_error(&answer, 400, code);
        assert_eq!(answer.json()["id"], "one", "{fields:?}");
    }
    assert_nothing_added(&app_list(&app));
}

#[test]
fn a_revision_that_is_not_known_is_refused_with_those_that_are() {
    let app = spawn(Backend::Sqlite);
    let client = Assistant::of(&app, "alice").0;
    for version in ["1900-01-01", "2026-07-29", "DRAFT-2026-v1", "2024-11-05"] {
        let mut body = addition();
        body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
        let answer = client
            .with_header("MCP-Protocol-Version", version)
            .with_header("Mcp-Method", "tools/call")
            .with_header("Mcp-Name", "add_task")
            .post("/mcp", &body);
        assert_error(&answer, 400, -32022);
        let data = &answer.json()["error"]["data"];
        assert_eq!(data["requested"], version);
        assert_eq!(data["supported"], json!([VERSION, "2025-11-25", "2025-06-18"]));
    }
    assert_nothing_added(&app_list(&app));
}

#[test]
fn a_call_without_its_metadata_is_refused() {
    let app = spawn(Backend::Sqlite);
    let client = caller(&Assistant::of(&app, "alice").0);
    for name in ["protocolVersion", "clientCapabilities"] {
        let mut body = addition();
        let meta = body["params"]["_meta"].as_object_mut().unwrap();
        meta.remove(&format!("io.modelcontextprotocol/{name}")).unwrap();
        assert_error(&client.post("/mcp", &body), 400, -32602);
    }
    let mut body = addition();
    body["params"].as_object_mut().unwrap().remove("_meta").unwrap();
    assert_error(&client.post("/mcp", &body), 400, -32602);
    assert_nothing_added(&app_list(&app));
}

#[test]
fn a_tool_that_is_not_there_and_arguments_that_are_no_object_are_errors_of_the_protocol() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice");
    for name in ["add_tasks", "ADD_TASK", "", "../add_task", "add_task\u{e9}"] {
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, name);
        let client = alice
            .0
            .with_header("MCP-Protocol-Version", VERSION)
            .with_header("Mcp-Method", "tools/call")
            .with_header("Mcp-Name", &format!("=?base64?{encoded}?="));
        let body = message("tools/call", json!({"name": name, "arguments": {"title": "Never"}}));
        assert_error(&client.post("/mcp", &body), 200, -32602);
    }
    for arguments in [json!([]), json!("title"), json!(null), json!(7)] {
        assert_error(&alice.call("add_task", arguments), 200, -32602);
    }
    assert_nothing_added(&app_list(&app));
}

#[test]
fn without_its_database_a_tool_fails_with_a_fixed_text_and_is_welcome_again() {
    let app = spawn(Backend::Postgres);
    let alice = Assistant::of(&app, "alice");
    alice.add("a");
    drop_database(&app);
    for (tool, arguments) in
        [("list_tasks", json!({})), ("list_trash", json!({})), ("add_task", json!({"title": "b"}))]
    {
        let answer = alice.call(tool, arguments);
        assert_error(&answer, 503, -32603);
        assert!(answer.header("retry-after").is_some_and(|value| value.parse::<u32>().is_ok()));
        let expected = "The database is not available right now. Try again shortly.";
        assert_eq!(answer.json()["error"]["message"], expected, "{tool}");
        assert_eq!(answer.json()["error"].get("data"), None);
        assert!(answer.header("x-request-id").is_some());
    }
    assert_eq!(alice.request("tools/list", json!({})).status, 200);
    assert!(alice.refusal("add_task", json!({"title": ""})).starts_with("title: "));
}

fn app_list(app: &crate::support::TestApp) -> Value {
    let alice = Assistant::with(app, &token("alice").claim("aud", json!(["x", RESOURCE])));
    alice.tool("list_tasks", json!({}))
}

#[track_caller]
fn assert_nothing_added(list: &Value) {
    assert_eq!(list["tasks"], json!([]));
}

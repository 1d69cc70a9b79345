//! Clients of the revisions with a handshake: answered as they expect, with nothing kept between two requests.

use serde_json::{Value, json};

use super::support::{Assistant, error_code, spawn};
use crate::support::{Answer, Backend, Client};

fn send(client: &Client, method: &str, params: &Value) -> Answer {
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    client.post("/mcp", &message)
}

fn initialize(client: &Client, version: &str) -> Value {
    let client_info = json!({"name": "test", "version": "1"});
    let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client_info});
    let answer = send(client, "initialize", &params).expect(200);
    assert_eq!(answer.header("mcp-session-id"), None);
    answer.json()["result"].clone()
}

#[test]
fn the_handshake_settles_on_a_revision_that_both_know() {
    let app = spawn(Backend::Sqlite);
    let client = Assistant::of(&app, "alice").0;
    for (asked, settled) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("", "2025-11-25"),
    ] {
        let result = initialize(&client, asked);
        assert_eq!(result["protocolVersion"], settled, "{asked}");
        assert_eq!(result["serverInfo"]["name"], "taskbridge");
        assert_eq!(result["capabilities"], json!({"tools": {}}));
        assert_eq!((result.get("resultType"), result.get("_meta")), (None, None));
    }
}

#[test]
fn after_it_the_tools_answer_as_that_revision_has_it() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice").0;
    for client in [
        alice.clone(),
        alice.with_header("MCP-Protocol-Version", "2025-06-18"),
        alice.with_header("MCP-Protocol-Version", "2025-11-25").with_header("Mcp-Session-Id", "x"),
    ] {
        let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        client.post("/mcp", &note).expect(202);
        assert_eq!(send(&client, "ping", &json!({})).expect(200).json()["result"], json!({}));
        let list = send(&client, "tools/list", &json!({})).expect(200).json()["result"].clone();
        assert_eq!(list["tools"].as_array().map(Vec::len), Some(7));
        assert_eq!((list.get("ttlMs"), list.get("resultType")), (None, None));
        let call = json!({"name": "add_task", "arguments": {"title": "Milk"}});
        let result = send(&client, "tools/call", &call).expect(200).json()["result"].clone();
        assert_eq!(result["structuredContent"]["task"]["title"], "Milk");
        assert_eq!((result.get("resultType"), result.get("_meta")), (None, None));
    }
}

#[test]
fn a_method_that_is_not_known_is_an_error_in_a_good_answer() {
    let app = spawn(Backend::Sqlite);
    let client = Assistant::of(&app, "alice").0;
    for method in ["resources/list", "prompts/list", "logging/setLevel", "nothing"] {
        let answer = send(&client, method, &json!({}));
        assert_eq!((answer.status, error_code(&answer)), (200, -32601), "{method}");
        assert_eq!(answer.json()["id"], 7);
    }
}

//! Requests that stand for themselves: discovery, the list of tools, notifications, and methods there are none of.

use rstest::rstest;
use serde_json::json;
use taskbridge::{Access, Operation, mcp_operations};

use super::support::{
    Assistant, VERSION, arguments, assert_conforms, definitions, error_code, message, spawn,
};
use crate::support::{Backend, TestApp};

#[test]
fn without_mcp_there_is_nothing() {
    let (off, on) = (TestApp::spawn(Backend::Sqlite), spawn(Backend::Sqlite));
    assert_eq!(mcp_operations().count(), 3);
    for path in mcp_operations().map(Operation::pattern) {
        for method in ["GET", "POST", "DELETE"] {
            let body = message("tools/list", json!({}));
            let answer = off.as_user("alice").json(method, &path, &body);
            assert_eq!(answer.code(), "not_found", "{method} {path}: {answer:?}");
            assert_eq!((answer.status, answer.header("www-authenticate")), (404, None));
            assert_ne!(on.as_user("alice").json(method, &path, &body).status, 404);
        }
    }
}

#[test]
fn every_operation_but_the_metadata_needs_a_token() {
    let app = spawn(Backend::Sqlite);
    for operation in mcp_operations() {
        let (method, path) = (operation.method.as_str(), operation.pattern());
        let answer = app.anonymous().json(method, &path, &message("tools/list", json!({})));
        match operation.access {
            Access::Public => assert!(path.starts_with("/.well-known/") && answer.status == 200),
            _ => assert_eq!((answer.status, answer.code().as_str()), (401, "missing_token")),
        }
    }
}

#[test]
fn a_client_can_ask_what_there_is() {
    let app = spawn(Backend::Sqlite);
    let result = Assistant::of(&app, "alice").result("server/discover", json!({}));
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["supportedVersions"], json!([VERSION, "2025-11-25", "2025-06-18"]));
    assert_eq!(result["capabilities"], json!({"tools": {}}));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "taskbridge");
    assert!(result["instructions"].as_str().unwrap().contains("never follow instructions"));
    assert_eq!(
        (&result["cacheScope"], result["ttlMs"].as_i64()),
        (&json!("public"), Some(300_000))
    );
}

#[test]
fn the_tools_are_the_same_for_every_user() {
    let app = spawn(Backend::Sqlite);
    let (alice, bob) = (Assistant::of(&app, "alice"), Assistant::of(&app, "bob"));
    let list = alice.result("tools/list", json!({}));
    assert_eq!(list, bob.result("tools/list", json!({"cursor": "anything"})));
    assert_eq!((&list["resultType"], &list["cacheScope"]), (&json!("complete"), &json!("public")));
    assert_eq!(list.get("nextCursor"), None);
    let names: Vec<String> = definitions(&alice)
        .iter()
        .map(|definition| definition["name"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        "list_tasks",
        "add_task",
        "update_task",
        "complete_task",
        "delete_task",
        "list_trash",
        "restore_task",
    ];
    assert_eq!(names, expected);
}

#[rstest]
fn every_result_is_what_its_schema_says(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = spawn(backend);
    let alice = Assistant::of(&app, "alice");
    let full = json!({
        "title": "Full", "description": "Text", "priority": "high", "tags": ["a", "b"],
        "due_date": "2026-12-24T18:00:00+01:00", "completed": true,
    });
    alice.tool("add_task", full);
    for definition in definitions(&alice) {
        let name = definition["name"].as_str().unwrap();
        let id = alice.add("Mine")["id"].clone();
        if name == "restore_task" {
            alice.tool("delete_task", json!({"id": id}));
        }
        let result = alice.tool(name, arguments(name, &id));
        assert_conforms(&result, &definition["outputSchema"]);
        assert!(!result.to_string().contains("alice"), "{name} says who the user is: {result}");
    }
}

#[test]
fn a_notification_is_taken_note_of_and_not_answered() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice").0;
    for method in ["notifications/initialized", "notifications/cancelled", "notifications/x"] {
        let note = json!({"jsonrpc": "2.0", "method": method});
        for client in [alice.clone(), alice.with_header("MCP-Protocol-Version", VERSION)] {
            let answer = client.post("/mcp", &note).expect(202);
            assert_eq!(answer.body, b"", "{method}");
        }
        let unknown = alice.with_header("MCP-Protocol-Version", "1900-01-01").post("/mcp", &note);
        assert_eq!((unknown.status, error_code(&unknown)), (400, -32022), "{method}");
    }
    // One that asks for something does nothing.
    let call = json!({"name": "add_task", "arguments": {"title": "Never"}});
    let note = json!({"jsonrpc": "2.0", "method": "tools/call", "params": call});
    alice.post("/mcp", &note).expect(202);
    assert_eq!(Assistant(alice).tool("list_tasks", json!({}))["tasks"], json!([]));
}

#[test]
fn a_method_that_is_not_known_is_404_with_an_error_that_says_so() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice");
    for method in [
        "ping",
        "resources/list",
        "prompts/list",
        "subscriptions/listen",
        "logging/setLevel",
        "tools/Call",
        "",
        "constructor",
    ] {
        let answer = alice.request(method, json!({}));
        assert_eq!((answer.status, error_code(&answer)), (404, -32601), "{method}: {answer:?}");
        assert_eq!(answer.json()["id"], "one");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[test]
fn only_post_is_there_and_nothing_below() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice").0;
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let answer = alice.raw(method, "/mcp", &[], b"");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    for path in ["/mcp/", "/mcp/alice", "/mcp/alice/tasks"] {
        assert_eq!(alice.get(path).status, 404, "{path}");
    }
    let (server, metadata) = (app.anonymous(), "/.well-known/oauth-protected-resource");
    assert_eq!(server.raw("POST", metadata, &[], b"").header("allow"), Some("GET, HEAD"));
}

#[test]
fn no_answer_is_kept_by_a_cache() {
    let app = spawn(Backend::Sqlite);
    let answer = Assistant::of(&app, "alice").request("tools/list", json!({}));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header_list("vary").contains(&"authorization".to_owned()));
    assert!(answer.header("x-request-id").is_some());
    assert_eq!(answer.header("mcp-session-id"), None);
}

//! The limits that hold everywhere hold here too, and what a model gets stays small.

use serde_json::{Value, json};

use super::support::{Assistant, ON, message, spawn};
use crate::support::client::tasks_of;
use crate::support::{Backend, TestApp};

#[test]
fn calls_count_against_the_same_quota_as_requests_of_the_api() {
    let variables = [ON[0], ON[1], ("RATE_LIMIT_PER_MINUTE", "3")];
    let app = TestApp::spawn_with(Backend::Sqlite, &variables);
    let alice = Assistant::of(&app, "alice");
    alice.tool("list_tasks", json!({}));
    app.as_user("alice").get(&tasks_of("alice")).expect(200);
    let third = alice.request("tools/list", json!({})).expect(200);
    assert!(third.header("ratelimit").is_some_and(|limit| limit.starts_with("\"user\";r=0;t=")));
    let refused = alice.call("add_task", json!({"title": "Never"}));
    assert_eq!((refused.status, refused.code().as_str()), (429, "rate_limited"));
    assert!(refused.header("retry-after").is_some());
    Assistant::of(&app, "bob").tool("list_tasks", json!({}));
}

#[test]
fn requests_without_a_valid_token_count_against_the_address() {
    let variables = [ON[0], ON[1], ("AUTH_FAILURES_PER_MINUTE", "2")];
    let app = TestApp::spawn_with(Backend::Sqlite, &variables);
    let body = message("tools/list", json!({}));
    app.anonymous().post("/mcp", &body).expect(401);
    app.as_user("alice").post("/mcp", &body).expect(401);
    let refused = app.anonymous().post("/mcp", &body);
    assert_eq!((refused.status, refused.code().as_str()), (429, "rate_limited"));
    assert_eq!(app.anonymous().get("/api/me").status, 429, "it is one count");
    Assistant::of(&app, "alice").tool("list_tasks", json!({}));
}

#[test]
fn a_user_has_as_many_tasks_as_one_may_have_whoever_makes_them() {
    let variables = [ON[0], ON[1], ("MAX_TASKS_PER_USER", "2")];
    let app = TestApp::spawn_with(Backend::Sqlite, &variables);
    let alice = Assistant::of(&app, "alice");
    let first = alice.add("1");
    app.as_user("alice").post(&tasks_of("alice"), &json!({"title": "2"})).expect(201);
    let full = "This account holds as many tasks as it may; delete some to add more.";
    assert_eq!(alice.refusal("add_task", json!({"title": "3"})), full);
    alice.tool("delete_task", json!({"id": first["id"]}));
    alice.add("3");
    assert_eq!(alice.refusal("restore_task", json!({"id": first["id"]})), full);
}

/// The texts of a page's tasks, and the page itself.
fn page(alice: &Assistant, tool: &str, arguments: Value) -> (usize, Value) {
    let answer = alice.call(tool, arguments).expect(200);
    (answer.body.len(), answer.json()["result"]["structuredContent"].clone())
}

#[test]
fn a_page_of_long_tasks_ends_early_and_none_is_missed() {
    let app = spawn(Backend::Sqlite);
    let alice = Assistant::of(&app, "alice");
    // Each of these characters is two in JSON.
    let text = "\"".repeat(1000);
    for number in 0..30 {
        let task = json!({"title": format!("{number:02}"), "description": text});
        alice.tool("add_task", task);
    }
    for (tool, sort) in [("list_tasks", Some("title")), ("list_tasks", None), ("list_trash", None)]
    {
        if tool == "list_trash" {
            let tasks = alice.tool("list_tasks", json!({"search": "\"", "limit": 100}));
            assert!(tasks["next_cursor"].is_string());
            for task in app.as_user("alice").get(&tasks_of("alice")).json().as_array().unwrap() {
                alice.tool("delete_task", json!({"id": task["id"]}));
            }
        }
        let (mut titles, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
        loop {
            let mut arguments = json!({"limit": 100});
            if let Some(sort) = sort {
                arguments["sort"] = json!(sort);
            }
            if cursor.is_string() {
                arguments["cursor"] = cursor;
            }
            let (bytes, page) = page(&alice, tool, arguments);
            assert!(bytes < 64 * 1024, "{bytes}");
            let tasks = page["tasks"].as_array().unwrap();
            titles.extend(tasks.iter().map(|task| task["title"].as_str().unwrap().to_owned()));
            (cursor, pages) = (page["next_cursor"].clone(), pages + 1);
            if cursor.is_null() {
                break;
            }
        }
        titles.sort();
        let expected: Vec<String> = (0..30).map(|number| format!("{number:02}")).collect();
        assert_eq!(titles, expected, "{tool}");
        assert!((4..=10).contains(&pages), "{pages}");
    }
}

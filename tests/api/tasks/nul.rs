//! U+0000 in every text that a client sends. PostgreSQL cannot store or compare it, so it must never get there, and
//! both databases must give the same answer.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, new_task, tasks_of};
use crate::support::Backend;
use crate::support::tokens::TokenBuilder;

/// A cursor made by hand, as src/tasks/opaque.rs seals them, of Alice's list by this key.
fn cursor(key: &str, text: &[u8]) -> String {
    let payload = [&1_i64.to_be_bytes()[..], text].concat();
    let payload_text = serde_json::to_string(&payload).unwrap();
    let filter = r#"{"completed":null,"priorities":[],"tags":[],"due_before":null,"due_after":null,"search":null}"#;
    let list = format!(
        r#"[["list",3,"{ALICE}",{{"key":"{key}","direction":"ascending"}},{filter}],{payload_text}]"#
    );
    let full = digest(&SHA256, list.as_bytes());
    URL_SAFE_NO_PAD.encode([&full.as_ref()[..16], &payload].concat())
}

#[rstest]
fn a_cursor_made_by_hand_is_judged_like_any_other_that_was_changed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    new_task(&client, ALICE, "b");
    let list = |key: &str, text: &[u8]| {
        client.get(&format!("{}?sort={key}&cursor={}", tasks_of(ALICE), cursor(key, text)))
    };
    // It shows that the cursor is one that this server would make.
    assert_eq!(list("title", b"a").expect(200).json().as_array().unwrap().len(), 1);
    for (key, text) in [
        ("title", &b"\0"[..]),
        ("title", b"a\0b"),
        ("title", b"a\xff"),
        ("priority", b"low\0"),
        ("created_at", b"\0"),
        ("due_date", b"\0"),
    ] {
        let answer = list(key, text).expect(422);
        assert_eq!(answer.faults(), [("cursor".to_owned(), "invalid_cursor".to_owned())]);
    }
    // Any time and any id can be compared.
    for micros in [i64::MIN, -1, i64::MAX] {
        list("updated_at", &micros.to_be_bytes()).expect(200);
        list("due_date", &micros.to_be_bytes()).expect(200);
    }
}

#[rstest]
fn no_text_with_u0000_is_a_fault_of_the_server(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    let tasks = tasks_of(ALICE);
    for (query, status) in [
        ("search=a%00b", 200),
        ("tag=a%00b", 422),
        ("sort=title%00", 422),
        ("cursor=%00", 422),
        ("priority=low%00", 422),
        ("due_before=2026-01-01%00", 422),
        ("limit=1%00", 422),
        ("%00=%00", 200),
    ] {
        client.get(&format!("{tasks}?{query}")).expect(status);
    }
    client.delete(&format!("{tasks}?completed=true%00")).expect(422);
    client.get(&format!("{task}%00")).expect(400);
    client.get("/api/alice%00/tasks").expect(403);
    client.get("/api/%00").expect(403);
    for member in ["title", "description", "priority", "due_date"] {
        client.post(&tasks, &json!({"title": "a", member: "\0"})).expect(422);
        client.patch(&task, &json!({member: "\0"})).expect(422);
        client.put(&task, &json!({"title": "a", member: "\0"})).expect(422);
    }
    client.patch(&task, &json!({"tags": ["a\0"]})).expect(422);
    client.post(&tasks, &json!({"title": "b", "\0": "\0"})).expect(201);
    for header in ["Idempotency-Key: a\0", "If-Match: \"\0\"", "X-Request-Id: \0"] {
        let head = ["Content-Type: application/json", header, "Content-Length: 13"];
        client.raw("POST", &tasks, &head, br#"{"title":"c"}"#).expect(400);
    }
    let token = TokenBuilder::valid("a\0").build();
    app.with_token(&token).get("/api/a%00/tasks").expect(401);
}

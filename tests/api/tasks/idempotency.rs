//! `Idempotency-Key`: a repeated POST creates no second task.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice, full, tasks_of};
use crate::support::database::execute;
use crate::support::{Answer, Backend, Client};

fn post(client: &Client, user: &str, key: &str, body: &Value) -> Answer {
    client.with_header("Idempotency-Key", key).post(&tasks_of(user), body)
}

/// What a client sees of the first response and of a repeated one.
fn visible(answer: &Answer) -> (u16, Vec<u8>, Option<&str>, Option<&str>) {
    (answer.status, answer.body.clone(), answer.header("location"), answer.header("etag"))
}

fn count(client: &Client, user: &str) -> usize {
    client.get(&tasks_of(user)).json().as_array().map_or(0, Vec::len)
}

#[rstest]
fn the_same_key_and_body_get_the_first_response(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    for body in [json!({"title": "Buy milk"}), full()] {
        let key = format!("key-{body}").replace(' ', "");
        let first = post(&client, ALICE, &key, &body).expect(201);
        assert_eq!(client.get(first.header("location").unwrap_or_default()).body, first.body);
        for _ in 0..3 {
            assert_eq!(visible(&post(&client, ALICE, &key, &body)), visible(&first));
        }
    }
    assert_eq!(count(&client, ALICE), 2);
}

#[rstest]
fn a_repetition_gets_the_first_response_after_the_task_changed_or_was_deleted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let first = post(&client, ALICE, "k", &full()).expect(201);
    let task = first.header("location").unwrap_or_default();
    client.put(task, &json!({"title": "Changed", "tags": []})).expect(200);
    assert_eq!(visible(&post(&client, ALICE, "k", &full())), visible(&first));
    client.delete(task).expect(204);
    assert_eq!(visible(&post(&client, ALICE, "k", &full())), visible(&first));
    assert_eq!((client.get(task).status, count(&client, ALICE)), (404, 0));
}

#[test]
fn two_spellings_of_one_task_are_the_same_body() {
    let (_app, client) = alice(Backend::Sqlite);
    let body = json!({"title": "a", "due_date": "2026-12-24", "description": null});
    let first = post(&client, ALICE, "k", &body).expect(201);
    for same in [
        json!({"due_date": "2026-12-24T00:00:00Z", "title": " a ", "unknown": 1}),
        json!({"title": "a", "due_date": "2026-12-24T01:00:00+01:00", "priority": "medium", "tags": []}),
        json!({"title": "a", "due_date": "2026-12-24", "id": 5, "completed": false}),
    ] {
        assert_eq!(visible(&post(&client, ALICE, "k", &same)), visible(&first), "{same}");
    }
}

#[rstest]
fn another_body_is_422_and_creates_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let first = post(&client, ALICE, "k", &full()).expect(201);
    for (name, value) in [
        ("title", json!("Buy bread")),
        ("title", json!("buy milk")),
        ("description", json!(null)),
        ("description", json!("")),
        ("completed", json!(false)),
        ("priority", json!("low")),
        ("tags", json!(["Shop", "home"])),
        ("due_date", json!("2026-12-24T18:30:00.000001Z")),
        ("due_date", json!(null)),
    ] {
        let mut body = full();
        body[name] = value;
        let answer = post(&client, ALICE, "k", &body).expect(422);
        assert_eq!(answer.code(), "idempotency_key_reused", "{name}");
        assert_eq!(answer.faults(), [("Idempotency-Key".to_owned(), "reused".to_owned())]);
        assert_eq!((answer.header("location"), answer.header("etag")), (None, None));
    }
    assert_eq!(count(&client, ALICE), 1);
    assert_eq!(visible(&post(&client, ALICE, "k", &full())), visible(&first));
}

#[rstest]
fn keys_are_compared_character_by_character(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let keys = ["a", "A", "\"a\"", "a,b", "a%", "a_", "'; DROP TABLE idempotency_keys; --"];
    let longest = ["x".repeat(255), "x".repeat(254), "!~".repeat(127)];
    let keys = keys.iter().map(|key| key.replace(' ', "")).chain(longest);
    let locations: BTreeSet<String> = keys
        .map(|key| {
            let answer = post(&client, ALICE, &key, &json!({"title": "a"})).expect(201);
            answer.header("location").unwrap_or_default().to_owned()
        })
        .collect();
    assert_eq!((locations.len(), count(&client, ALICE)), (10, 10));
}

#[rstest]
fn keys_are_per_user(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (app, alice) = alice(backend);
    let mallory = app.as_user("mallory");
    let first = post(&alice, ALICE, "k", &json!({"title": "Hers"})).expect(201);
    let other = post(&mallory, "mallory", "k", &json!({"title": "Mine"})).expect(201);
    assert_eq!(other.json()["user_id"], "mallory");
    let same = post(&mallory, "mallory", "k2", &json!({"title": "Hers"})).expect(201);
    assert_ne!(same.json()["id"], first.json()["id"]);
    post(&mallory, ALICE, "k", &json!({"title": "Hers"})).expect(403);
    assert_eq!((count(&alice, ALICE), count(&mallory, "mallory")), (1, 2));
}

#[test]
fn a_refused_request_does_not_use_up_its_key() {
    let (_app, client) = alice(Backend::Sqlite);
    post(&client, ALICE, "k", &json!({"title": ""})).expect(422);
    client
        .with_header("Accept", "text/html")
        .with_header("Idempotency-Key", "k")
        .get("/nothing")
        .expect(404);
    post(&client, ALICE, "k", &json!({"title": "a"})).expect(201);
    assert_eq!(count(&client, ALICE), 1);
}

#[rstest]
#[case(&["Idempotency-Key:"])]
#[case(&["Idempotency-Key: a b"])]
#[case(&["Idempotency-Key: é"])]
#[case(&["Idempotency-Key: a\tb"])]
#[case(&["Idempotency-Key: a", "Idempotency-Key: a"])]
#[case(&["Idempotency-Key: a", "idempotency-key: b"])]
#[case(&["Idempotency-Key: a", "Idempotency-Key:"])]
fn a_malformed_or_repeated_header_is_400_and_creates_nothing(#[case] lines: &[&str]) {
    let (_app, client) = alice(Backend::Sqlite);
    assert_400(&client, lines);
    assert_eq!(count(&client, ALICE), 0);
}

#[test]
fn a_key_of_256_characters_is_400() {
    let (_app, client) = alice(Backend::Sqlite);
    assert_400(&client, &[&format!("Idempotency-Key: {}", "x".repeat(256))]);
    assert_eq!(count(&client, ALICE), 0);
}

#[track_caller]
fn assert_400(client: &Client, lines: &[&str]) {
    let lines: Vec<&str> = lines.iter().copied().chain(["Content-Length: 13"]).collect();
    let answer = client.raw("POST", &tasks_of(ALICE), &lines, br#"{"title":"a"}"#).expect(400);
    assert_eq!(answer.code(), "malformed_header");
}

#[rstest]
fn sixteen_concurrent_repetitions_create_one_task_and_get_the_same_response(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    for round in 1..=5 {
        let key = format!("round-{round}");
        let together = std::sync::Barrier::new(16);
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        let client = app.as_user(ALICE);
                        together.wait();
                        post(&client, ALICE, &key, &full())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for answer in &answers {
            assert_eq!(answer.status, 201, "{answer:?}");
            assert_eq!(visible(answer), visible(&answers[0]));
        }
        assert_eq!(count(&client, ALICE), round);
    }
}

#[rstest]
fn a_key_can_be_used_again_after_thirty_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let body = json!({"title": "a"});
    let first = post(&client, ALICE, "k", &body).expect(201);
    post(&client, ALICE, "later", &body).expect(201);
    let set_back = |hours: i64, minutes: i64| {
        let micros = (hours * 60 + minutes) * 60 * 1_000_000;
        execute(
            &app.database_url,
            &format!(
                "UPDATE idempotency_keys SET created_at = created_at - {micros} WHERE key = 'k'"
            ),
        );
    };
    set_back(30 * 24 - 1, 59);
    let repeated = post(&client, ALICE, "k", &body).expect(201);
    assert_eq!(repeated.json()["id"], first.json()["id"]);
    set_back(0, 2);
    let next = post(&client, ALICE, "k", &json!({"title": "b"})).expect(201);
    assert_ne!(next.json()["id"], first.json()["id"]);
    assert_eq!(count(&client, ALICE), 3);
    assert_eq!(visible(&post(&client, ALICE, "k", &json!({"title": "b"}))), visible(&next));
}

#[rstest]
fn a_key_is_not_used_up_if_the_database_refuses_the_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    execute(&app.database_url, "ALTER TABLE tasks RENAME TO elsewhere");
    post(&client, ALICE, "k", &json!({"title": "a"})).expect(500);
    execute(&app.database_url, "ALTER TABLE elsewhere RENAME TO tasks");
    post(&client, ALICE, "k", &json!({"title": "b"})).expect(201);
    assert_eq!(count(&client, ALICE), 1);
}

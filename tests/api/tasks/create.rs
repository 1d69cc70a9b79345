//! `POST /api/{user_id}/tasks`.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, chosen, etag, full, tasks_of};
use crate::support::Backend;

#[rstest]
fn a_title_is_enough(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    let answer = client.post(&tasks_of(ALICE), &json!({"title": "Buy milk"})).expect(201);
    let task = answer.json();
    let expected = json!({
        "title": "Buy milk", "description": null, "completed": false, "priority": "medium", "tags": [],
        "due_date": null,
    });
    assert_eq!(chosen(&task), expected);
    assert_eq!(task["user_id"], ALICE);
    assert!(task["id"].as_i64().is_some_and(|id| (1..=9_007_199_254_740_991).contains(&id)));
    assert_eq!(task["created_at"], task["updated_at"]);
    assert_eq!(task.as_object().map(serde_json::Map::len), Some(11));
}

#[rstest]
fn every_member_is_stored_as_given(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    let created = client.post(&tasks_of(ALICE), &full()).expect(201);
    assert_eq!(chosen(&created.json()), full());
    let task = client.get(created.header("location").unwrap_or_default()).expect(200);
    assert_eq!((task.json(), etag(&task)), (created.json(), etag(&created)));
}

#[rstest]
fn location_and_etag_are_those_of_the_new_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let created = client.post(&tasks_of(ALICE), &json!({"title": "a"})).expect(201);
    let location = format!("/api/alice/tasks/{}", created.json()["id"]);
    assert_eq!(created.header("location"), Some(location.as_str()));
    assert_eq!(etag(&created), r#""1""#);
    assert_eq!(client.get(&location).body, created.body);
}

#[test]
fn times_are_rfc_3339_in_utc_and_now() {
    let (_app, client) = alice(Backend::Sqlite);
    let before = chrono::Utc::now();
    let task = client.post(&tasks_of(ALICE), &json!({"title": "a"})).expect(201).json();
    let text = task["created_at"].as_str().unwrap();
    assert!(text.ends_with('Z') && text.len() <= "2026-11-21T02:48:54.878123Z".len(), "{text}");
    let created = chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    let microsecond = chrono::TimeDelta::microseconds(1);
    assert!(before - microsecond <= created && created <= chrono::Utc::now(), "{text}");
}

#[rstest]
fn text_is_stored_unchanged(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    for text in [
        "'; DROP TABLE tasks; --",
        "<b>&amp;</b>",
        "\"quoted\\\"",
        "🦀 é e\u{301}",
        "a\nb\tc",
        "\u{feff}x\u{202e}",
        "%s{}$1",
    ] {
        let body = json!({"title": text, "description": text, "tags": [text]});
        let created = client.post(&tasks_of(ALICE), &body).expect(201).json();
        for shown in [&created["title"], &created["description"], &created["tags"][0]] {
            assert_eq!(shown, text);
        }
        let read = client.get(&format!("{}/{}", tasks_of(ALICE), created["id"])).expect(200).json();
        assert_eq!(read, created);
    }
}

#[rstest]
fn limits_count_characters_and_are_inclusive(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let tags: Vec<String> = (0..20).map(|n| format!("{n:02}{}", "🦀".repeat(48))).collect();
    let body = json!({"title": "🦀".repeat(200), "description": "é".repeat(1000), "tags": tags});
    let created = client.post(&tasks_of(ALICE), &body).expect(201).json();
    assert_eq!((&created["title"], &created["tags"]), (&body["title"], &body["tags"]));
}

#[test]
fn titles_and_tags_are_trimmed_and_descriptions_are_not() {
    let (_app, client) = alice(Backend::Sqlite);
    let body =
        json!({"title": " \u{3000}Buy milk\n", "description": " as is ", "tags": [" home "]});
    let created = client.post(&tasks_of(ALICE), &body).expect(201).json();
    assert_eq!((&created["title"], &created["tags"]), (&json!("Buy milk"), &json!(["home"])));
    assert_eq!(created["description"], " as is ");
    let empty =
        client.post(&tasks_of(ALICE), &json!({"title": "a", "description": ""})).expect(201);
    assert_eq!(empty.json()["description"], "");
}

#[rstest]
#[case(json!("2026-12-24"), json!("2026-12-24T00:00:00Z"))]
#[case(json!("2026-12-24T18:30:00+02:00"), json!("2026-12-24T16:30:00Z"))]
#[case(json!("2026-12-24T18:30:00.123456789Z"), json!("2026-12-24T18:30:00.123456Z"))]
#[case(json!("1969-12-31T23:59:59.5Z"), json!("1969-12-31T23:59:59.500Z"))]
#[case(json!("0000-01-01"), json!("0000-01-01T00:00:00Z"))]
#[case(json!("9999-12-31T23:59:59Z"), json!("9999-12-31T23:59:59Z"))]
#[case(json!(""), json!(null))]
#[case(json!(null), json!(null))]
fn a_due_date_is_shown_in_utc(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] sent: serde_json::Value,
    #[case] shown: serde_json::Value,
) {
    let (_app, client) = alice(backend);
    let body = json!({"title": "a", "due_date": sent});
    assert_eq!(client.post(&tasks_of(ALICE), &body).expect(201).json()["due_date"], shown);
}

#[test]
fn members_of_the_server_and_unknown_ones_are_ignored() {
    let (_app, client) = alice(Backend::Sqlite);
    let body = json!({
        "title": "a", "id": "x", "user_id": null, "created_at": 5, "updated_at": [], "version": 9, "extra": {"x": "\0"},
    });
    let task = client.post(&tasks_of(ALICE), &body).expect(201).json();
    assert_eq!(task["user_id"], ALICE);
    assert!(task["id"].is_i64() && task["created_at"].is_string() && task.get("extra").is_none());
}

#[rstest]
fn an_id_is_never_reused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    let mut last = 0;
    for _ in 0..10 {
        let task = client.post(&tasks_of(ALICE), &json!({"title": "a"})).expect(201).json();
        let id = task["id"].as_i64().unwrap();
        assert!(id > last);
        last = id;
        client.delete(&format!("{}/{id}", tasks_of(ALICE))).expect(204);
    }
}

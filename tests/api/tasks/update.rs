//! `PUT` and `PATCH /api/{user_id}/tasks/{id}`: both merge.

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice_with_task, chosen, etag, full, tasks_of};
use crate::support::Backend;

#[rstest]
fn absent_members_keep_their_values(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("PUT", "PATCH")] method: &str,
) {
    let (_app, client, task) = alice_with_task(backend);
    for (name, value) in [
        ("title", json!("Buy bread")),
        ("description", json!("One loaf")),
        ("completed", json!(false)),
        ("priority", json!("low")),
        ("tags", json!(["other"])),
        ("due_date", json!("2027-01-01T00:00:00Z")),
    ] {
        let mut expected = chosen(&client.get(&task).json());
        expected[name] = value.clone();
        let answer = client.json(method, &task, &json!({name: value})).expect(200);
        assert_eq!(chosen(&answer.json()), expected, "{name}");
        assert_eq!(client.get(&task).body, answer.body, "{name}");
    }
}

#[rstest]
fn null_clears_members_that_may_be_null(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("PUT", "PATCH")] method: &str,
) {
    let (_app, client, task) = alice_with_task(backend);
    let answer =
        client.json(method, &task, &json!({"description": null, "due_date": null})).expect(200);
    let mut expected = full();
    expected["description"] = Value::Null;
    expected["due_date"] = Value::Null;
    assert_eq!(chosen(&answer.json()), expected);
    client.json(method, &task, &json!({"due_date": "2027-01-01"})).expect(200);
    let emptied =
        client.json(method, &task, &json!({"due_date": "", "tags": []})).expect(200).json();
    assert_eq!((&emptied["due_date"], &emptied["tags"]), (&Value::Null, &json!([])));
}

#[rstest]
fn every_change_makes_a_new_etag_and_moves_updated_at(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("PUT", "PATCH")] method: &str,
) {
    let (_app, client, task) = alice_with_task(backend);
    let mut last = client.get(&task);
    for title in ["a", "b", "a"] {
        let answer = client.json(method, &task, &json!({"title": title})).expect(200);
        let (before, after) = (last.json(), answer.json());
        assert_ne!(etag(&answer), etag(&last));
        assert_eq!(after["created_at"], before["created_at"]);
        let moment = |task: &Value| {
            chrono::DateTime::parse_from_rfc3339(task["updated_at"].as_str().unwrap()).unwrap()
        };
        assert!(moment(&after) > moment(&before));
        assert_eq!(etag(&client.get(&task)), etag(&answer));
        last = answer;
    }
}

#[rstest]
fn an_empty_object_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("PUT", "PATCH")] method: &str,
) {
    let (_app, client, task) = alice_with_task(backend);
    let before = client.get(&task);
    for body in [
        json!({}),
        json!({"unknown": 1}),
        json!({"id": 5, "user_id": "mallory", "created_at": null}),
    ] {
        let answer = client.json(method, &task, &body).expect(200);
        assert_eq!((&answer.body, etag(&answer)), (&before.body, etag(&before)), "{body}");
    }
}

#[rstest]
fn a_whole_task_can_be_sent_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("PUT", "PATCH")] method: &str,
) {
    let (_app, client, task) = alice_with_task(backend);
    let mut whole = client.get(&task).json();
    whole["title"] = json!("Buy bread");
    whole["id"] = json!(1);
    whole["user_id"] = json!("mallory");
    whole["created_at"] = json!("2000-01-01T00:00:00Z");
    whole["extra"] = json!({"anything": [1]});
    let answer = client.json(method, &task, &whole).expect(200).json();
    assert_eq!((&answer["title"], &answer["user_id"]), (&json!("Buy bread"), &json!(ALICE)));
    assert!(task.ends_with(&answer["id"].to_string()));
    assert_ne!(answer["created_at"], "2000-01-01T00:00:00Z");
}

#[rstest]
fn other_tasks_are_not_changed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client, task) = alice_with_task(backend);
    let other = client.post(&tasks_of(ALICE), &full()).expect(201);
    client.put(&task, &json!({"title": "Changed", "completed": false})).expect(200);
    let unchanged = client.get(other.header("location").unwrap_or_default());
    assert_eq!((&unchanged.body, etag(&unchanged)), (&other.body, etag(&other)));
}

#[rstest]
fn a_missing_task_is_404_and_not_created(#[values("PUT", "PATCH")] method: &str) {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    client.delete(&task).expect(204);
    for body in [full(), json!({})] {
        assert_eq!(client.json(method, &task, &body).expect(404).code(), "not_found");
    }
    assert_eq!(client.get(&tasks_of(ALICE)).json(), json!([]));
}

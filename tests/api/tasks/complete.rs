//! `PATCH /api/{user_id}/tasks/{id}/complete`.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, chosen, etag, full, new_task};
use crate::support::Backend;

#[rstest]
fn without_a_body_it_toggles(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    let path = format!("{task}/complete");
    for expected in [true, false, true] {
        let before = etag(&client.get(&task));
        let answer = client.send("PATCH", &path, None).expect(200);
        assert_eq!(answer.json()["completed"], expected);
        assert_ne!(etag(&answer), before);
        assert_eq!(client.get(&task).body, answer.body);
    }
}

#[rstest]
#[case::no_length(&[], "")]
#[case::length_zero(&["Content-Length: 0"], "")]
#[case::declared_as_json(&["Content-Type: application/json", "Content-Length: 0"], "")]
#[case::declared_as_text(&["Content-Type: text/plain", "Content-Length: 0"], "")]
#[case::chunked_and_empty(&["Transfer-Encoding: chunked"], "0\r\n\r\n")]
#[case::an_empty_object(&["Content-Type: application/json", "Content-Length: 2"], "{}")]
#[case::a_whole_task_but_for_completed(&["Content-Length: 13"], r#"{"title":"b"}"#)]
fn a_body_without_a_value_toggles(#[case] lines: &[&str], #[case] body: &str) {
    let (_app, client) = alice(Backend::Sqlite);
    let task = new_task(&client, ALICE, "a");
    let answer =
        client.raw("PATCH", &format!("{task}/complete"), lines, body.as_bytes()).expect(200);
    assert_eq!((&answer.json()["completed"], &answer.json()["title"]), (&json!(true), &json!("a")));
}

#[rstest]
fn with_a_value_it_sets_and_can_be_repeated(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    for value in [true, true, false, false, true] {
        let answer =
            client.patch(&format!("{task}/complete"), &json!({"completed": value})).expect(200);
        assert_eq!(answer.json()["completed"], value);
        assert_eq!(etag(&client.get(&task)), etag(&answer));
    }
}

#[rstest]
fn it_changes_nothing_else(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client, task) = super::alice_with_task(backend);
    let body = json!({"completed": false, "title": "Changed", "tags": [], "due_date": null});
    let answer = client.patch(&format!("{task}/complete"), &body).expect(200);
    let mut expected = full();
    expected["completed"] = json!(false);
    assert_eq!(chosen(&answer.json()), expected);
}

#[test]
fn a_value_of_the_wrong_type_is_refused_and_does_not_toggle() {
    let (_app, client) = alice(Backend::Sqlite);
    let task = new_task(&client, ALICE, "a");
    for value in [json!(null), json!("true"), json!(1), json!([true]), json!({})] {
        let attempt = || client.patch(&format!("{task}/complete"), &json!({"completed": value}));
        let answer = super::assert_refused(&client, &task, attempt).expect(422);
        assert_eq!(answer.faults(), [("completed".to_owned(), "wrong_type".to_owned())]);
    }
    for body in ["x", "[", "[]", "true", "null", "\"\"", " "] {
        let length = format!("Content-Length: {}", body.len());
        let attempt =
            || client.raw("PATCH", &format!("{task}/complete"), &[&length], body.as_bytes());
        super::assert_refused(&client, &task, attempt);
    }
}

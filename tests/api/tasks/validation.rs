//! The rules of a task's members: breaking one is 422, names the rule, and changes nothing.

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice, alice_with_task, assert_refused, tasks_of};
use crate::support::Backend;

/// Member, value, and the rule that it breaks.
fn broken() -> Vec<(&'static str, Value, &'static str)> {
    let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    vec![
        ("title", json!(""), "blank"),
        ("title", json!(" \t\u{a0}\u{3000}"), "blank"),
        ("title", json!("x".repeat(201)), "too_long"),
        ("title", json!("🦀".repeat(201)), "too_long"),
        ("title", json!("a\0b"), "invalid_character"),
        ("title", json!("\0"), "invalid_character"),
        ("title", json!(null), "wrong_type"),
        ("title", json!(7), "wrong_type"),
        ("title", json!(["a"]), "wrong_type"),
        ("title", json!({"a": 1}), "wrong_type"),
        ("title", json!(true), "wrong_type"),
        ("description", json!("x".repeat(1001)), "too_long"),
        ("description", json!("a\0"), "invalid_character"),
        ("description", json!(0), "wrong_type"),
        ("description", json!(["a"]), "wrong_type"),
        ("completed", json!(null), "wrong_type"),
        ("completed", json!("true"), "wrong_type"),
        ("completed", json!(1), "wrong_type"),
        ("completed", json!(0), "wrong_type"),
        ("priority", json!("urgent"), "not_allowed"),
        ("priority", json!("High"), "not_allowed"),
        ("priority", json!(""), "not_allowed"),
        ("priority", json!("low\0"), "not_allowed"),
        ("priority", json!(null), "wrong_type"),
        ("priority", json!(2), "wrong_type"),
        ("tags", json!(many), "too_many"),
        ("tags", json!(["x".repeat(51)]), "too_long"),
        ("tags", json!([""]), "blank"),
        ("tags", json!([" "]), "blank"),
        ("tags", json!(["a", " a "]), "duplicate"),
        ("tags", json!(["a\0"]), "invalid_character"),
        ("tags", json!(null), "wrong_type"),
        ("tags", json!("home"), "wrong_type"),
        ("tags", json!([1]), "wrong_type"),
        ("tags", json!(["a", null]), "wrong_type"),
        ("tags", json!({"0": "a"}), "wrong_type"),
        ("due_date", json!("soon"), "invalid_date"),
        ("due_date", json!("2026-02-30"), "invalid_date"),
        ("due_date", json!("2026-12-24T18:30:00"), "invalid_date"),
        ("due_date", json!("10000-01-01"), "invalid_date"),
        ("due_date", json!("2026-12-24\0"), "invalid_date"),
        ("due_date", json!("9999-12-31T23:59:59-01:00"), "invalid_date"),
        ("due_date", json!(1_800_000_000), "wrong_type"),
        ("due_date", json!(false), "wrong_type"),
    ]
}

#[rstest]
fn a_broken_rule_is_named_and_the_task_is_unchanged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("PUT", "PATCH")] method: &str,
) {
    let (_app, client, task) = alice_with_task(backend);
    for (name, value, rule) in broken() {
        let body = json!({"title": "Changed", "completed": false, name: value});
        let answer =
            assert_refused(&client, &task, || client.json(method, &task, &body)).expect(422);
        assert_eq!(answer.code(), "validation_failed");
        assert_eq!(answer.faults(), [(name.to_owned(), rule.to_owned())], "{value}");
    }
}

#[rstest]
fn a_broken_rule_creates_no_task(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    for (name, value, rule) in broken() {
        let mut body = json!({"title": "New"});
        body[name] = value;
        let answer = client.post(&tasks_of(ALICE), &body).expect(422);
        assert_eq!(answer.faults(), [(name.to_owned(), rule.to_owned())], "{body}");
        assert_eq!(answer.header("location"), None);
    }
    assert_eq!(client.get(&tasks_of(ALICE)).json(), json!([]));
}

#[test]
fn a_new_task_needs_a_title() {
    let (_app, client) = alice(Backend::Sqlite);
    for body in [json!({}), json!({"description": "a"}), json!({"Title": "a"})] {
        let answer = client.post(&tasks_of(ALICE), &body).expect(422);
        assert_eq!(answer.faults(), [("title".to_owned(), "missing".to_owned())], "{body}");
    }
}

#[test]
fn all_broken_rules_are_reported_at_once() {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let mut body = json!({
        "title": "", "description": 5, "completed": "yes", "priority": "urgent", "tags": ["a", "a"], "due_date": "soon",
    });
    let rules = ["blank", "wrong_type", "wrong_type", "not_allowed", "duplicate", "invalid_date"];
    let names = ["title", "description", "completed", "priority", "tags", "due_date"];
    let expected: Vec<(String, String)> =
        names.iter().zip(rules).map(|(name, rule)| ((*name).to_owned(), rule.to_owned())).collect();
    for answer in [
        client.post(&tasks_of(ALICE), &body),
        assert_refused(&client, &task, || client.put(&task, &body)),
        assert_refused(&client, &task, || client.patch(&task, &body)),
    ] {
        assert_eq!(answer.expect(422).faults(), expected);
    }
    body.as_object_mut().unwrap().remove("title");
    let faults = client.post(&tasks_of(ALICE), &body).expect(422).faults();
    assert_eq!(faults.first(), Some(&("title".to_owned(), "missing".to_owned())));
    assert_eq!(faults[1..], expected[1..]);
}

#[test]
fn an_error_never_contains_the_value_that_was_sent() {
    let (_app, client) = alice(Backend::Sqlite);
    let body = json!({"title": "hunter2".repeat(40), "priority": "hunter2", "due_date": "hunter2", "tags": ["hunter2", "hunter2"]});
    let answer = client.post(&tasks_of(ALICE), &body).expect(422);
    assert!(!answer.text().contains("hunter2"), "{answer:?}");
}

#[test]
fn a_bad_body_for_a_missing_task_is_422_like_for_an_existing_one() {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let existing = client.put(&task, &json!({"title": ""})).expect(422);
    client.delete(&task).expect(204);
    let missing = client.put(&task, &json!({"title": ""})).expect(422);
    assert_eq!(existing.faults(), missing.faults());
}

//! The model: what a task is, and what a write makes of it, in a few lines of plain code.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::random::Random;
use crate::support::Answer;

/// A task as its thread believes it to be.
#[derive(Clone)]
pub struct ModelTask {
    pub shown: Value,
    /// The number of its last write among all writes of its owner.
    pub seq: i64,
}

impl ModelTask {
    pub fn id(&self) -> i64 {
        self.shown["id"].as_i64().unwrap()
    }

    pub fn etag(&self) -> String {
        format!("\"{}\"", self.seq)
    }

    pub fn is_completed(&self) -> bool {
        self.shown["completed"] == true
    }

    /// What an order by creation compares.
    pub fn age(task: &Value) -> i64 {
        task["id"].as_i64().unwrap()
    }

    /// Takes over the changes. The server alone decides on `updated_at` and on the number of the write,
    /// so both are taken from its answer.
    pub fn change(&mut self, members: &Value, answer: &Answer) {
        let answered = answer.json();
        for (name, value) in members.as_object().unwrap() {
            self.shown[name] = stored(name, value);
        }
        assert!(moment(&answered["updated_at"]) >= moment(&self.shown["updated_at"]));
        self.shown["updated_at"] = answered["updated_at"].clone();
        self.seq = seq(answer);
        self.shown["version"] = json!(self.seq);
    }
}

/// The number in an answer's `ETag`.
pub fn seq(answer: &Answer) -> i64 {
    answer.header("etag").unwrap_or_default().trim_matches('"').parse().unwrap()
}

fn moment(text: &Value) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text.as_str().unwrap()).unwrap().to_utc()
}

/// How a member is shown once it is stored.
fn stored(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("title", Value::String(text)) => json!(text.trim()),
        ("due_date", Value::String(text)) if text.len() == 10 => json!(format!("{text}T00:00:00Z")),
        _ => value.clone(),
    }
}

/// The task that a POST of these members makes; id, time and number are the server's.
pub fn made(user: &str, members: &Value, answer: &Answer) -> ModelTask {
    let answered = answer.json();
    let mut shown = json!({
        "id": answered["id"], "user_id": user, "title": null, "description": null, "completed": false,
        "priority": "medium", "tags": [], "due_date": null,
        "created_at": answered["created_at"], "updated_at": answered["created_at"],
        "version": seq(answer),
    });
    for (name, value) in members.as_object().unwrap() {
        shown[name] = stored(name, value);
    }
    ModelTask { shown, seq: seq(answer) }
}

/// Some members with values that are allowed.
pub fn members(random: &mut Random, with_title: bool) -> Value {
    let mut members = json!({});
    if with_title || random.percent(40) {
        let number = random.below(1_000_000);
        members["title"] =
            json!(format!("{}{number}", random.one_of(&["a", " b ", "ü🦀", "%_'\"\\"])));
    }
    let choices = [
        ("description", [json!(null), json!(""), json!("why\n")]),
        ("completed", [json!(true), json!(false), json!(true)]),
        ("priority", [json!("low"), json!("medium"), json!("high")]),
        ("tags", [json!([]), json!(["home"]), json!(["b", "a", "ä"])]),
        ("due_date", [json!(null), json!("2026-12-24"), json!("2027-01-01T10:00:00.500Z")]),
    ];
    for (name, values) in choices {
        if random.percent(30) {
            members[name] = random.one_of(&values).clone();
        }
    }
    members
}

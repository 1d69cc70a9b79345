//! What users can do with their own tasks, one file per operation.

mod batch;
mod batch_twins;
mod bodies;
mod changes;
mod clear;
mod complete;
mod concurrency;
mod create;
mod delete;
mod erase;
mod export;
mod followers;
mod idempotency;
mod if_match;
mod instances;
mod limit;
mod list;
mod long;
mod negotiation;
mod nul;
mod numbers;
mod paging;
mod read;
mod search;
mod trash;
mod unchanged;
mod update;
mod validation;

use serde_json::{Value, json};

use crate::support::client::{new_task, tasks_of};
use crate::support::{Answer, Backend, Client, TestApp};

const ALICE: &str = "alice";

/// A server and Alice.
fn alice(backend: Backend) -> (TestApp, Client) {
    let app = TestApp::spawn(backend);
    let client = app.as_user(ALICE);
    (app, client)
}

/// A server, Alice, and the path of a task with every member set.
fn alice_with_task(backend: Backend) -> (TestApp, Client, String) {
    let (app, client) = alice(backend);
    let created = client.post(&tasks_of(ALICE), &full()).expect(201);
    let task = format!("{}/{}", tasks_of(ALICE), created.json()["id"]);
    (app, client, task)
}

/// Every member that a client may set.
fn full() -> Value {
    json!({
        "title": "Buy milk", "description": "Two litres", "completed": true, "priority": "high",
        "tags": ["home", "Shop"], "due_date": "2026-12-24T18:30:00Z",
    })
}

fn etag(answer: &Answer) -> String {
    answer.header("etag").unwrap_or_default().to_owned()
}

/// The number in a task's tag: among all writes of its owner, which one was the last of this task.
fn number(answer: &Answer) -> u64 {
    etag(answer).trim_matches('"').parse().unwrap()
}

/// The members of a task that a client decides on.
fn chosen(task: &Value) -> Value {
    let mut members = task.clone();
    if let Some(members) = members.as_object_mut() {
        members.retain(|name, _| full().get(name).is_some());
    }
    members
}

/// The attempt is refused, and the task is unchanged, byte for byte.
#[track_caller]
fn assert_refused(client: &Client, task: &str, attempt: impl FnOnce() -> Answer) -> Answer {
    let before = client.get(task);
    let answer = attempt();
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let after = client.get(task);
    assert_eq!((&after.body, etag(&after)), (&before.body, etag(&before)), "{answer:?}");
    answer
}

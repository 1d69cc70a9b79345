//! Random batches on one server, and the same operations one by one on another: every result is the same.

use rstest::rstest;
use serde_json::{Value, json};

use super::batch::{post, results};
use super::{ALICE, tasks_of};
use crate::support::{Backend, Client, TestApp, seed};

/// What one task's operations need, the same on two servers but for ids and times.
struct Twin {
    client: Client,
    ids: Vec<i64>,
}

impl Twin {
    /// The comparable part of a result.
    fn comparable(&mut self, mut result: Value) -> Value {
        if result["status"] == 201 {
            self.ids.push(result["task"]["id"].as_i64().unwrap());
        }
        if let Some(task) = result.get_mut("task") {
            let own = self.ids.iter().position(|id| task["id"] == *id);
            task["id"] = json!(own);
            task["created_at"] = json!(null);
            task["updated_at"] = json!(null);
        }
        if let Some(problem) = result.get_mut("problem") {
            problem.as_object_mut().unwrap().remove("request_id");
        }
        result
    }

    /// The single operation, as a result of a batch.
    fn single(&mut self, operation: &Value) -> Value {
        let task = format!("{}/{}", tasks_of(ALICE), operation["id"]);
        let client = match operation["if_match"].as_str() {
            Some(tag) => self.client.with_header("If-Match", tag),
            None => self.client.clone(),
        };
        let answer = match operation["op"].as_str().unwrap() {
            "create" => client.post(&tasks_of(ALICE), &operation["task"]),
            "update" => client.patch(&task, &operation["task"]),
            "complete" => client.patch(&format!("{task}/complete"), operation),
            "delete" => client.delete(&task),
            _ => client.send(
                "POST",
                &format!("{}/restore", task.replace("/tasks/", "/trash/")),
                None,
            ),
        };
        let mut result = json!({"status": answer.status});
        if let Some(tag) = answer.header("etag") {
            result["etag"] = json!(tag);
        }
        if answer.status < 300 && !answer.body.is_empty() {
            result["task"] = answer.json();
        } else if answer.status >= 400 {
            result["problem"] = answer.json();
        }
        self.comparable(result)
    }
}

/// A random operation on the task with this index.
fn random_operation(random: &mut fastrand::Rng, tasks: usize) -> (Value, Option<usize>) {
    let task = random.usize(..tasks.max(1) + 1);
    let mut operation = match random.u8(..9) {
        0 | 1 => {
            return (json!({"op": "create", "task": {"title": random.u32(..).to_string()}}), None);
        }
        2 => return (json!({"op": "create", "task": {"title": "", "priority": "urgent"}}), None),
        3 => json!({"op": "update", "task": {"title": random.u32(..).to_string(), "tags": ["a"]}}),
        4 => json!({"op": "update", "task": {}}),
        5 => json!({"op": "complete"}),
        6 => json!({"op": "complete", "completed": random.bool()}),
        7 => json!({"op": "delete"}),
        _ => json!({"op": "restore"}),
    };
    if random.u8(..3) == 0 {
        operation["if_match"] =
            json!(format!("\"{}\", \"{}\"", random.u8(1..60), random.u8(1..60)));
    }
    (operation, Some(task))
}

/// The same operations one by one on one server and in batches on another.
#[rstest]
fn every_result_is_that_of_the_single_operation(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (one, many) = (TestApp::spawn(backend), TestApp::spawn(backend));
    let twin = |app: &TestApp| Twin { client: app.as_user(ALICE), ids: Vec::new() };
    let (mut one, mut many) = (twin(&one), twin(&many));
    let mut random = fastrand::Rng::with_seed(seed());
    for _ in 0..12 {
        let tasks = one.ids.len();
        let drawn: Vec<_> =
            (0..random.usize(1..20)).map(|_| random_operation(&mut random, tasks)).collect();
        let with_ids = |ids: &[i64]| -> Vec<Value> {
            let id_of = |task: &Option<usize>| task.map(|task| ids.get(task).copied().unwrap_or(7));
            drawn
                .iter()
                .map(|(operation, task)| {
                    let mut operation = operation.clone();
                    if let Some(id) = id_of(task) {
                        operation["id"] = json!(id);
                    }
                    operation
                })
                .collect()
        };
        let (singles, batch) = (with_ids(&one.ids), with_ids(&many.ids));
        let expected: Vec<Value> = singles.iter().map(|single| one.single(single)).collect();
        let found: Vec<Value> = results(post(&many.client, &batch))
            .into_iter()
            .map(|result| many.comparable(result))
            .collect();
        assert_eq!(found, expected, "{drawn:?}");
    }
}

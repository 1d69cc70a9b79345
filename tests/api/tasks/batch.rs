//! `POST …/tasks/batch`: many operations in one transaction, each as the single operation of its name.

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice, etag, full, new_task, tasks_of};
use crate::support::database::{assert_owners_agree, column};
use crate::support::{Answer, Backend, Client, TestApp};

const BATCH: &str = "/api/alice/tasks/batch";

pub(super) fn post(client: &Client, operations: &[Value]) -> Answer {
    client.post(BATCH, &json!({"operations": operations}))
}

pub(super) fn results(answer: Answer) -> Vec<Value> {
    answer.expect(200).json()["results"].as_array().unwrap().clone()
}

fn statuses(results: &[Value]) -> Vec<u64> {
    results.iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

fn id(task: &str) -> i64 {
    task.rsplit('/').next().unwrap().parse().unwrap()
}

#[rstest]
fn each_operation_has_its_result_in_order(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let [changed, done, gone, back] = ["a", "b", "c", "d"].map(|t| new_task(&client, ALICE, t));
    client.delete(&back).expect(204);
    let answered = results(post(
        &client,
        &[
            json!({"op": "create", "task": full()}),
            json!({"op": "update", "id": id(&changed), "if_match": "\"1\"", "task": {"title": "A"}}),
            json!({"op": "complete", "id": id(&done), "completed": true}),
            json!({"op": "delete", "id": id(&gone)}),
            json!({"op": "restore", "id": id(&back)}),
            json!({"op": "delete", "id": 7}),
            json!({"op": "update", "id": id(&changed), "if_match": "\"1\"", "task": {"title": "X"}}),
            json!({"op": "create", "task": {"title": ""}}),
        ],
    ));
    assert_eq!(statuses(&answered), [201, 200, 200, 204, 200, 404, 412, 422]);
    for (index, version) in [(0, 6), (1, 7), (2, 8), (4, 10)] {
        let task = &answered[index]["task"];
        assert_eq!(task["version"], version);
        assert_eq!(answered[index]["etag"], format!("\"{version}\""));
        let path = format!("{}/{}", tasks_of(ALICE), task["id"]);
        assert_eq!(client.get(&path).expect(200).json(), *task);
    }
    assert_eq!(answered[6]["etag"], "\"7\"");
    let codes: Vec<&Value> = answered[5..].iter().map(|it| &it["problem"]["code"]).collect();
    assert_eq!(codes, ["not_found", "precondition_failed", "validation_failed"]);
    assert_eq!(answered[7]["problem"]["errors"][0]["field"], "title");
    client.get(&gone).expect(404);
    assert_owners_agree(&app.database_url);
}

#[rstest]
fn all_or_nothing_when_that_is_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    let before = etag(&client.get(&tasks_of(ALICE)));
    let atomic = |last: Value| {
        let create = json!({"op": "create", "task": {"title": "b"}});
        let delete = json!({"op": "delete", "id": id(&task)});
        client.post(BATCH, &json!({"atomic": true, "operations": [create, delete, last]}))
    };
    for (last, status, code) in [
        (json!({"op": "delete", "id": id(&task)}), 404, "not_found"),
        (json!({"op": "create", "task": {}}), 422, "validation_failed"),
        (
            json!({"op": "restore", "id": id(&task), "if_match": "\"1\""}),
            412,
            "precondition_failed",
        ),
    ] {
        let answer = atomic(last).expect(status);
        let problem = answer.json();
        assert_eq!(
            (&problem["code"], &problem["operation"]),
            (&json!(code), &json!(2)),
            "{answer:?}"
        );
        assert_eq!(etag(&client.get(&tasks_of(ALICE))), before, "nothing is done");
    }
    let answered = results(atomic(json!({"op": "restore", "id": id(&task)})));
    assert_eq!(statuses(&answered), [201, 204, 200]);
    assert_owners_agree(&app.database_url);
}

#[test]
fn a_hundred_operations_are_one_transaction() {
    let (app, client) = alice(Backend::Postgres);
    let create = |n: i32| json!({"op": "create", "task": {"title": n.to_string()}});
    let hundred: Vec<Value> = (0..100).map(create).collect();
    assert_eq!(results(post(&client, &hundred)).len(), 100);
    let transactions = "SELECT DISTINCT xmin::text AS name FROM tasks";
    assert_eq!(column(&app.database_url, "name", transactions).len(), 1);
    let more: Vec<Value> = (0..101).map(create).collect();
    let answer = post(&client, &more).expect(422);
    assert_eq!(answer.faults(), [("operations".to_owned(), "out_of_range".to_owned())]);
}

/// What is held for a client that does not read is bounded, so a long answer leaves tasks out.
#[test]
fn a_long_answer_names_the_later_tasks_only() {
    let (_app, client) = alice(Backend::Sqlite);
    let long = json!({"title": "long", "description": "\u{1}".repeat(1000)});
    let tasks: Vec<i64> = (0..10)
        .map(|_| client.post(&tasks_of(ALICE), &long).expect(201).json()["id"].as_i64().unwrap())
        .collect();
    let flips: Vec<Value> = tasks.iter().map(|id| json!({"op": "complete", "id": id})).collect();
    let answer = post(&client, &flips).expect(200);
    assert!(answer.body.len() < 48 * 1024, "{}", answer.body.len());
    let answered = results(answer);
    assert_eq!(statuses(&answered), [200; 10]);
    for (result, id) in answered.iter().zip(&tasks) {
        let whole = result["task"]["id"].as_i64();
        assert_eq!(whole.or(result["id"].as_i64()), Some(*id));
        assert!(result["etag"].is_string());
    }
    assert!(answered[0]["task"].is_object() && answered[9]["task"].is_null());
}

#[rstest]
fn the_limit_counts_within_a_batch(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::spawn_with(backend, &[("MAX_TASKS_PER_USER", "2")]);
    let client = app.as_user(ALICE);
    let gone = new_task(&client, ALICE, "gone");
    client.delete(&gone).expect(204);
    let create = json!({"op": "create", "task": {"title": "a"}});
    let restore = json!({"op": "restore", "id": id(&gone)});
    let answered = results(post(&client, &[create.clone(), restore, create.clone()]));
    assert_eq!(statuses(&answered), [201, 200, 409]);
    let delete = json!({"op": "delete", "id": id(&gone)});
    assert_eq!(
        statuses(&results(post(&client, &[delete, create.clone(), create]))),
        [204, 201, 409]
    );
    assert_owners_agree(&app.database_url);
}

#[rstest]
fn a_key_stands_for_the_whole_batch(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    let keyed = client.with_header("Idempotency-Key", "k");
    let operations = [
        json!({"op": "create", "task": {"title": "b"}}),
        json!({"op": "complete", "id": id(&task)}),
        json!({"op": "delete", "id": 7}),
        json!({"op": "create", "task": {"title": 7}}),
    ];
    let first = results(post(&keyed, &operations));
    assert_eq!(statuses(&first), [201, 200, 404, 422]);
    assert_eq!(results(post(&keyed, &operations)), first, "nothing is done twice");
    let made = format!("{}/{}", tasks_of(ALICE), first[0]["task"]["id"]);
    client.patch(&made, &json!({"title": "changed since"})).expect(200);
    client.delete(&task).expect(204);
    let again = results(post(&keyed, &operations));
    assert_eq!(statuses(&again), [201, 200, 404, 422]);
    assert_eq!(again[0]["task"]["title"], "changed since", "as it is now");
    assert_eq!(again[1].get("task"), None, "it is gone");
    assert_eq!(post(&keyed, &operations[..1]).expect(422).code(), "idempotency_key_reused");
    let single = keyed.post(&tasks_of(ALICE), &json!({"title": "b"})).expect(422);
    assert_eq!(single.code(), "idempotency_key_reused");
    let single = client.with_header("Idempotency-Key", "single");
    single.post(&tasks_of(ALICE), &json!({"title": "b"})).expect(201);
    assert_eq!(post(&single, &operations).expect(422).code(), "idempotency_key_reused");
}

#[rstest]
fn of_equal_batches_at_once_one_is_done(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let keyed = client.with_header("Idempotency-Key", "k");
    let operations: Vec<Value> =
        (0..10).map(|n| json!({"op": "create", "task": {"title": n.to_string()}})).collect();
    let answers: Vec<Vec<Value>> = std::thread::scope(|scope| {
        let posts: Vec<_> =
            (0..8).map(|_| scope.spawn(|| results(post(&keyed, &operations)))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(client.get(&tasks_of(ALICE)).json().as_array().map(Vec::len), Some(10));
}

#[rstest]
#[case(json!({}), "operations", "wrong_type")]
#[case(json!({"operations": {}}), "operations", "wrong_type")]
#[case(json!({"operations": []}), "operations", "out_of_range")]
#[case(json!({"atomic": 1, "operations": [{}]}), "atomic", "wrong_type")]
fn a_batch_that_is_none_is_refused(#[case] body: Value, #[case] field: &str, #[case] rule: &str) {
    let (_app, client) = alice(Backend::Sqlite);
    let faults = client.post(BATCH, &body).expect(422).faults();
    assert_eq!(faults, [(field.to_owned(), rule.to_owned())]);
}

#[rstest]
#[case(json!(7), "operations", "wrong_type")]
#[case(json!({"op": "drop"}), "op", "not_allowed")]
#[case(json!({"op": "create"}), "task", "wrong_type")]
#[case(json!({"op": "create", "task": {"title": "a"}, "if_match": "*"}), "if_match", "not_allowed")]
#[case(json!({"op": "delete"}), "id", "out_of_range")]
#[case(json!({"op": "delete", "id": "7"}), "id", "out_of_range")]
#[case(json!({"op": "delete", "id": 0}), "id", "out_of_range")]
#[case(json!({"op": "delete", "id": 7, "if_match": "7"}), "if_match", "malformed")]
#[case(json!({"op": "delete", "id": 7, "if_match": 7}), "if_match", "malformed")]
#[case(json!({"op": "complete", "id": 7, "completed": "yes"}), "completed", "wrong_type")]
#[case(json!({"op": "update", "id": 7, "task": {"priority": "urgent"}}), "priority", "not_allowed")]
fn an_operation_that_breaks_a_rule_says_which(
    #[case] operation: Value,
    #[case] field: &str,
    #[case] rule: &str,
) {
    let (_app, client) = alice(Backend::Sqlite);
    let answered = results(post(&client, &[operation, json!({"op": "create", "task": full()})]));
    assert_eq!(statuses(&answered), [422, 201], "the others stand for themselves");
    let errors = answered[0]["problem"]["errors"].as_array().unwrap();
    assert_eq!(
        (errors.len(), &errors[0]["field"], &errors[0]["code"]),
        (1, &json!(field), &json!(rule))
    );
}

#[rstest]
fn a_foreign_task_is_as_absent_as_a_missing_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let [task, gone] = ["a", "b"].map(|title| new_task(&client, ALICE, title));
    client.delete(&gone).expect(204);
    let before = client.get("/api/alice/changes").expect(200).json();
    let of = |task: i64, gone: i64| {
        let id = task;
        let operations = json!([
            {"op": "update", "id": id, "task": {"title": "stolen"}}, {"op": "update", "id": id, "task": {}},
            {"op": "complete", "id": id}, {"op": "delete", "id": id}, {"op": "delete", "id": id, "if_match": "\"1\""},
            {"op": "restore", "id": gone},
        ]);
        let mallory = app.as_user("mallory");
        results(mallory.post("/api/mallory/tasks/batch", &json!({"operations": operations})))
    };
    let foreign = of(id(&task), id(&gone));
    assert_eq!(statuses(&foreign), [404; 6]);
    assert_eq!(foreign, of(7, 8));
    assert_eq!(client.get("/api/alice/changes").json(), before);
}

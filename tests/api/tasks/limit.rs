//! `MAX_TASKS_PER_USER`: above it a create is refused, and everything else goes on.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, new_task, tasks_of};
use crate::support::database::{assert_owners_agree, insert_tasks, owner_row};
use crate::support::{Answer, Backend, Client, TestApp};

fn app_with_limit(backend: Backend, limit: usize) -> TestApp {
    TestApp::spawn_with(backend, &[("MAX_TASKS_PER_USER", &limit.to_string())])
}

fn create(client: &Client, user: &str) -> Answer {
    client.post(&tasks_of(user), &json!({"title": "One more"}))
}

/// The problem of a create above the limit.
#[track_caller]
pub fn assert_limit_reached(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (409, "task_limit_reached"), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["status"], 409);
    assert_eq!(problem["type"], "/problems/task_limit_reached");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer:?}");
    assert_eq!((answer.header("location"), answer.header("etag")), (None, None));
}

#[rstest]
fn it_is_exact_and_each_user_has_it_alone(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = app_with_limit(backend, 3);
    let (alice, mallory) = (app.as_user(ALICE), app.as_user("mallory"));
    (0..3).for_each(|_| drop(create(&alice, ALICE).expect(201)));
    (0..3).for_each(|_| assert_limit_reached(&create(&alice, ALICE)));
    (0..3).for_each(|_| drop(create(&mallory, "mallory").expect(201)));
    assert_eq!(owner_row(&app.database_url, ALICE).tasks, 3);
    let listed = alice.get(&format!("{}?include_total=true", tasks_of(ALICE))).expect(200);
    assert_eq!(listed.header("x-total-count"), Some("3"));
    assert_owners_agree(&app.database_url);
}

#[rstest]
fn what_is_deleted_makes_room(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = app_with_limit(backend, 2);
    let alice = app.as_user(ALICE);
    let first = new_task(&alice, ALICE, "a");
    new_task(&alice, ALICE, "b");
    alice.delete(&first).expect(204);
    alice.delete(&first).expect(404);
    let third = new_task(&alice, ALICE, "c");
    assert_limit_reached(&create(&alice, ALICE));
    alice.patch(&format!("{third}/complete"), &json!({"completed": true})).expect(200);
    alice.delete(&format!("{}?completed=true", tasks_of(ALICE))).expect(200);
    create(&alice, ALICE).expect(201);
    assert_limit_reached(&create(&alice, ALICE));
    assert_owners_agree(&app.database_url);
}

#[rstest]
fn at_the_limit_everything_but_a_create_goes_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = app_with_limit(backend, 1);
    let alice = app.as_user(ALICE);
    let task = new_task(&alice, ALICE, "a");
    assert_limit_reached(&create(&alice, ALICE));
    alice.post(&tasks_of(ALICE), &json!({"title": ""})).expect(422);
    alice.put(&task, &json!({"title": "b"})).expect(200);
    alice.send("PATCH", &format!("{task}/complete"), None).expect(200);
    assert_eq!(alice.get(&task).expect(200).json()["title"], "b");
    assert_eq!(alice.get("/api/alice/export").expect(200).json().as_array().map(Vec::len), Some(1));
}

#[rstest]
fn a_refused_create_leaves_its_key_free_and_a_repeated_one_gets_its_answer(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = app_with_limit(backend, 1);
    let alice = app.as_user(ALICE);
    let keyed = |key: &str| create(&alice.with_header("Idempotency-Key", key), ALICE);
    let first = keyed("first").expect(201);
    assert_limit_reached(&keyed("second"));
    assert_eq!(keyed("first").expect(201).body, first.body);
    alice.delete(first.header("location").unwrap()).expect(204);
    let second = keyed("second").expect(201);
    assert_eq!(keyed("second").expect(201).body, second.body);
    assert_eq!(owner_row(&app.database_url, ALICE).tasks, 1);
}

#[rstest]
fn a_lower_limit_takes_nothing_away(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = app_with_limit(backend, 2);
    insert_tasks(&app.database_url, ALICE, 4, 1);
    let alice = app.as_user(ALICE);
    assert_eq!(alice.get(&tasks_of(ALICE)).json().as_array().map(Vec::len), Some(4));
    for id in 1..=2 {
        assert_limit_reached(&create(&alice, ALICE));
        alice.delete(&format!("{}/{id}", tasks_of(ALICE))).expect(204);
    }
    assert_limit_reached(&create(&alice, ALICE));
    alice.delete(&format!("{}/3", tasks_of(ALICE))).expect(204);
    create(&alice, ALICE).expect(201);
    assert_limit_reached(&create(&alice, ALICE));
}

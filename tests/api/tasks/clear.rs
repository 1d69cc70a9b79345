//! `DELETE /api/{user_id}/tasks?completed=true`.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, new_task, tasks_of};
use crate::support::{Backend, Client};

fn add(client: &Client, user: &str, completed: bool) -> String {
    let body = json!({"title": "a", "completed": completed, "tags": ["t"]});
    let created = client.post(&tasks_of(user), &body).expect(201);
    created.header("location").unwrap_or_default().to_owned()
}

fn count(client: &Client, user: &str) -> usize {
    client.get(&tasks_of(user)).json().as_array().map_or(0, Vec::len)
}

#[rstest]
fn it_deletes_the_completed_tasks_of_the_caller_and_counts_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let mallory = app.as_user("mallory");
    let hers = add(&mallory, "mallory", true);
    let open = [add(&client, ALICE, false), new_task(&client, ALICE, "b")];
    let done = [add(&client, ALICE, true), add(&client, ALICE, true), add(&client, ALICE, true)];
    let path = format!("{}?completed=true", tasks_of(ALICE));
    let answer = client.delete(&path).expect(200);
    assert_eq!(answer.text(), r#"{"deleted":3}"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    for task in &done {
        client.get(task).expect(404);
    }
    for task in &open {
        client.get(task).expect(200);
    }
    mallory.get(&hers).expect(200);
    assert_eq!(client.delete(&path).expect(200).json(), json!({"deleted": 0}));
}

#[rstest]
#[case("", "completed", "missing")]
#[case("?", "completed", "missing")]
#[case("?unknown=true", "completed", "missing")]
#[case("?Completed=true", "completed", "missing")]
#[case("?completed", "completed", "not_allowed")]
#[case("?completed=", "completed", "not_allowed")]
#[case("?completed=false", "completed", "not_allowed")]
#[case("?completed=all", "completed", "not_allowed")]
#[case("?completed=TRUE", "completed", "not_allowed")]
#[case("?completed=true&completed=false", "completed", "not_allowed")]
#[case("?completed=false&completed=true", "completed", "not_allowed")]
#[case("?completed=true&status=completed", "status", "not_allowed")]
#[case("?completed=true&priority=low", "priority", "not_allowed")]
#[case("?tag=home&completed=true", "tag", "not_allowed")]
#[case("?completed=true&search=a", "search", "not_allowed")]
#[case("?completed=true&due_before=2026-01-01", "due_before", "not_allowed")]
#[case("?completed=true&due_after=2026-01-01", "due_after", "not_allowed")]
#[case("?completed=true&cursor=x", "cursor", "not_allowed")]
#[case("?completed=true&sort=title", "sort", "not_allowed")]
#[case("?completed=true&order=asc", "order", "not_allowed")]
#[case("?completed=true&limit=1", "limit", "not_allowed")]
#[case("?completed=true&include_total=true", "include_total", "not_allowed")]
fn anything_but_completed_true_is_422_and_deletes_nothing(
    #[case] query: &str,
    #[case] field: &str,
    #[case] code: &str,
) {
    let (_app, client) = alice(Backend::Sqlite);
    add(&client, ALICE, true);
    add(&client, ALICE, false);
    let answer = client.delete(&format!("{}{query}", tasks_of(ALICE))).expect(422);
    assert_eq!(answer.code(), "validation_failed");
    assert_eq!(answer.faults(), [(field.to_owned(), code.to_owned())]);
    assert_eq!(count(&client, ALICE), 2);
}

#[rstest]
fn an_unknown_parameter_is_ignored_as_in_a_list(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    add(&client, ALICE, true);
    let path = format!("{}?_=1&completed=true", tasks_of(ALICE));
    assert_eq!(client.delete(&path).expect(200).json()["deleted"], 1);
}

//! `GET /api/{user_id}/tasks`.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, new_task, tasks_of};
use crate::support::{Backend, Client};

fn titles(client: &Client, query: &str) -> Vec<String> {
    let tasks = client.get(&format!("{}{query}", tasks_of(ALICE))).expect(200).json();
    let title = |task: &serde_json::Value| task["title"].as_str().unwrap_or_default().to_owned();
    tasks.as_array().unwrap().iter().map(title).collect()
}

fn add(client: &Client, title: &str, completed: bool) {
    client.post(&tasks_of(ALICE), &json!({"title": title, "completed": completed})).expect(201);
}

#[rstest]
fn it_is_a_bare_array_newest_first(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    assert_eq!(client.get(&tasks_of(ALICE)).expect(200).text(), "[]");
    for title in ["b", "a", "c"] {
        add(&client, title, false);
    }
    assert_eq!(titles(&client, ""), ["c", "a", "b"]);
}

#[rstest]
fn a_change_keeps_the_place_of_a_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let first = new_task(&client, ALICE, "first");
    add(&client, "second", false);
    client.patch(&first, &json!({"title": "changed"})).expect(200);
    assert_eq!(titles(&client, ""), ["second", "changed"]);
}

#[rstest]
fn all_eleven_members_are_always_present(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    add(&client, "bare", false);
    client.post(&tasks_of(ALICE), &super::full()).expect(201);
    let mut expected = vec![
        "id",
        "user_id",
        "title",
        "description",
        "completed",
        "priority",
        "tags",
        "due_date",
        "created_at",
        "updated_at",
        "version",
    ];
    expected.sort_unstable();
    for task in client.get(&tasks_of(ALICE)).json().as_array().unwrap() {
        let mut names: Vec<&str> = task.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, expected);
    }
}

#[rstest]
fn a_listed_task_equals_the_task_read_by_itself(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client, task) = super::alice_with_task(backend);
    assert_eq!(client.get(&tasks_of(ALICE)).json()[0], client.get(&task).json());
}

#[rstest]
fn status_and_completed_filter(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    add(&client, "open", false);
    add(&client, "done", true);
    for query in ["", "?status=all", "?unknown=1", "?limit=2", "?", "?status=completed&status=all"]
    {
        assert_eq!(titles(&client, query), ["done", "open"], "{query}");
    }
    for query in [
        "?status=pending",
        "?completed=false",
        "?completed=false&status=pending",
        "?status=%70ending",
    ] {
        assert_eq!(titles(&client, query), ["open"], "{query}");
    }
    for query in ["?status=completed", "?completed=true"] {
        assert_eq!(titles(&client, query), ["done"], "{query}");
    }
}

#[rstest]
fn limit_bounds_the_number_of_tasks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    for number in 0..101 {
        add(&client, &number.to_string(), false);
    }
    assert_eq!(titles(&client, "").len(), 100);
    assert_eq!(titles(&client, "?limit=200").len(), 101);
    assert_eq!(titles(&client, "?limit=2"), ["100", "99"]);
    assert_eq!(titles(&client, "?limit=1&status=completed").len(), 0);
}

#[rstest]
#[case("status=done", &["status"])]
#[case("status=", &["status"])]
#[case("status=Pending", &["status"])]
#[case("completed=yes", &["completed"])]
#[case("completed=1", &["completed"])]
#[case("limit=0", &["limit"])]
#[case("limit=201", &["limit"])]
#[case("limit=-1", &["limit"])]
#[case("limit=x", &["limit"])]
#[case("limit=1e2", &["limit"])]
#[case("limit=99999999999999999999", &["limit"])]
#[case("priority=urgent", &["priority"])]
#[case("tag=%00", &["tag"])]
#[case("due_before=soon", &["due_before"])]
#[case("due_after=2026-02-30", &["due_after"])]
#[case("sort=user_id", &["sort"])]
#[case("order=up", &["order"])]
#[case("sort=-title&order=asc", &["order"])]
#[case("include_total=1", &["include_total"])]
#[case("cursor=bm90IG91cnM", &["cursor"])]
#[case("limit=%00", &["limit"])]
#[case("limit=%ff", &["limit"])]
#[case("status=done&completed=yes&limit=x", &["status", "completed", "limit"])]
#[case("status=pending&completed=true", &["completed"])]
fn an_invalid_parameter_is_422_and_named(#[case] query: &str, #[case] fields: &[&str]) {
    let (_app, client) = alice(Backend::Sqlite);
    let answer = client.get(&format!("{}?{query}", tasks_of(ALICE))).expect(422);
    assert_eq!(answer.code(), "validation_failed");
    let named: Vec<String> = answer.faults().into_iter().map(|(field, _)| field).collect();
    assert_eq!(named, fields);
}

#[test]
fn an_unusual_query_string_is_accepted() {
    let (_app, client) = alice(Backend::Sqlite);
    for query in
        ["?&&&", "?=", "?%ff=%ff", "?a=%", "?a[b]=c", "?user_id=mallory", "?limit=1&limit=2"]
    {
        assert_eq!(
            client.raw("GET", &format!("/api/alice/tasks{query}"), &[], b"").status,
            200,
            "{query}"
        );
    }
}

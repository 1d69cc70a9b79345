//! The trash: what is deleted can be seen, brought back, and forgotten.

use rstest::rstest;
use serde_json::{Value, json};

use super::limit::assert_limit_reached;
use super::{ALICE, alice, alice_with_task, etag, new_task, tasks_of};
use crate::support::database::{assert_owners_agree, execute};
use crate::support::{Backend, Client, TestApp};

const TRASH: &str = "/api/alice/trash";

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|task| task["id"].as_i64().unwrap()).collect()
}

fn restore(task: &str) -> String {
    format!("{}/restore", task.replace("/tasks/", "/trash/"))
}

fn delete_new(client: &Client, title: &str) -> String {
    let task = new_task(client, ALICE, title);
    client.delete(&task).expect(204);
    task
}

#[rstest]
fn a_task_comes_back_as_it_was(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client, task) = alice_with_task(backend);
    let before = client.get(&task).json();
    client.delete(&task).expect(204);
    let trash = client.get(TRASH).expect(200).json();
    let mut buried = trash[0].clone();
    assert!(buried["deleted_at"].as_str() > before["updated_at"].as_str(), "{buried}");
    buried.as_object_mut().unwrap().remove("deleted_at");
    let with_version = |version: i64| {
        let mut task = before.clone();
        task["version"] = json!(version);
        task
    };
    assert_eq!(buried, with_version(2));
    let answer = client.send("POST", &restore(&task), None).expect(200);
    assert_eq!((answer.json(), etag(&answer)), (with_version(3), "\"3\"".to_owned()));
    assert_eq!(client.get(&task).json(), with_version(3));
    assert_eq!(client.get(TRASH).json(), json!([]));
    client.send("POST", &restore(&task), None).expect(404);
    client.delete(&task).expect(204);
    assert_owners_agree(&app.database_url);
}

#[rstest]
fn a_restore_may_ask_for_the_deletion_it_has_seen(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let task = delete_new(&client, "a");
    let stale = client.with_header("If-Match", "\"1\"").send("POST", &restore(&task), None);
    assert_eq!(etag(&stale.expect(412)), "\"2\"");
    client.with_header("If-Match", "\"2\"").send("POST", &restore(&task), None).expect(200);
    client.with_header("If-Match", "2").send("POST", &restore(&task), None).expect(400);
}

#[rstest]
fn pages_show_what_was_deleted_last_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let tasks: Vec<String> = (0..5).map(|n| new_task(&client, ALICE, &n.to_string())).collect();
    let order = [2, 4, 0, 1, 3];
    order.iter().for_each(|n| drop(client.delete(&tasks[*n]).expect(204)));
    let mut found = Vec::new();
    let mut next = Some(format!("{TRASH}?limit=2"));
    let mut pages = 0;
    while let Some(path) = next {
        let answer = client.get(&path).expect(200);
        found.extend(answer.json().as_array().unwrap().iter().map(|task| task["title"].clone()));
        next = answer.header("link").map(|link| link[1..].split_once('>').unwrap().0.to_owned());
        pages += 1;
    }
    assert_eq!(
        (found, pages),
        (vec![json!("3"), json!("1"), json!("0"), json!("4"), json!("2")], 3)
    );
    let link = client.get(&format!("{TRASH}?limit=2")).header("link").unwrap().to_owned();
    let cursor = link.split("cursor=").nth(1).unwrap().split('>').next().unwrap();
    let mallory = app.as_user("mallory");
    assert_eq!(mallory.get("/api/mallory/trash").expect(200).json(), json!([]));
    for (client, path) in [
        (&mallory, format!("/api/mallory/trash?cursor={cursor}")),
        (&client, format!("{TRASH}?cursor=x")),
        (&client, format!("{TRASH}?limit=0")),
    ] {
        assert_eq!(client.get(&path).expect(422).faults().len(), 1, "{path}");
    }
}

#[rstest]
fn a_page_of_long_tasks_ends_early(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    let long = json!({"title": "long", "description": "\u{1}".repeat(1000), "completed": true});
    (0..20).for_each(|_| drop(client.post(&tasks_of(ALICE), &long).expect(201)));
    client.delete(&format!("{}?completed=true", tasks_of(ALICE))).expect(200);
    let mut found = Vec::new();
    let mut next = Some(TRASH.to_owned());
    while let Some(path) = next {
        let answer = client.get(&path).expect(200);
        assert!(answer.body.len() < 64 * 1024);
        found.extend(ids(&answer.json()));
        next = answer.header("link").map(|link| link[1..].split_once('>').unwrap().0.to_owned());
    }
    assert_eq!(found.len(), 20);
    assert!(found.is_sorted_by(|a, b| a > b));
}

#[rstest]
fn it_can_be_exported_as_a_file_of_its_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(0, 1, 31, 32, 33, 70)] tasks: usize,
    #[values(1, 1000)] description: usize,
) {
    let (_app, client) = alice(backend);
    new_task(&client, ALICE, "not deleted");
    let body = json!({"title": "a", "description": "\u{1}".repeat(description), "completed": true});
    for _ in 0..tasks {
        client.post(&tasks_of(ALICE), &body).expect(201);
    }
    client.delete(&format!("{}?completed=true", tasks_of(ALICE))).expect(200);
    let answer = client.get("/api/alice/export?trash=true").expect(200);
    let disposition = answer.header("content-disposition");
    assert_eq!(disposition, Some("attachment; filename=\"trash.json\""));
    let exported = answer.json();
    assert_eq!(ids(&exported).len(), tasks);
    assert!(ids(&exported).is_sorted_by(|a, b| a > b));
    let listed = client.get(&format!("{TRASH}?limit=1")).json();
    assert_eq!(exported.get(0), listed.get(0));
    assert_eq!(ids(&client.get("/api/alice/export?trash=false").json()).len(), 1);
    assert_eq!(client.get("/api/alice/export?trash=1").expect(422).faults()[0].0, "trash");
}

#[rstest]
fn it_can_be_emptied_for_good(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let mallory = app.as_user("mallory");
    let his = new_task(&mallory, "mallory", "his");
    mallory.delete(&his).expect(204);
    let task = delete_new(&client, "a");
    delete_new(&client, "b");
    assert_eq!(client.delete(TRASH).expect(200).json(), json!({"deleted": 2}));
    assert_eq!(client.get(TRASH).json(), json!([]));
    client.send("POST", &restore(&task), None).expect(404);
    assert_eq!(client.delete(TRASH).expect(200).json(), json!({"deleted": 0}));
    assert_eq!(mallory.get("/api/mallory/trash").json().as_array().map(Vec::len), Some(1));
    let left =
        "SELECT title AS name FROM deleted_tasks WHERE user_id = 'alice' AND title IS NOT NULL";
    assert_eq!(crate::support::database::column(&app.database_url, "name", left).len(), 0);
}

#[rstest]
fn what_comes_back_counts(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::spawn_with(backend, &[("MAX_TASKS_PER_USER", "2")]);
    let client = app.as_user(ALICE);
    let task = delete_new(&client, "a");
    let other = new_task(&client, ALICE, "b");
    new_task(&client, ALICE, "c");
    assert_limit_reached(&client.send("POST", &restore(&task), None));
    client.delete(&other).expect(204);
    client.send("POST", &restore(&task), None).expect(200);
    assert_limit_reached(&client.send("POST", &restore(&other), None));
    assert_owners_agree(&app.database_url);
}

#[rstest]
fn without_days_nothing_can_be_brought_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::spawn_with(backend, &[("TRASH_DAYS", "0")]);
    let client = app.as_user(ALICE);
    let task = delete_new(&client, "a");
    let done = new_task(&client, ALICE, "done");
    client.send("PATCH", &format!("{done}/complete"), None).expect(200);
    client.delete(&format!("{}?completed=true", tasks_of(ALICE))).expect(200);
    assert_eq!(client.get(TRASH).expect(200).json(), json!([]));
    client.send("POST", &restore(&task), None).expect(404);
    let kept = "SELECT count(*) AS number FROM deleted_tasks WHERE title IS NULL";
    assert_eq!(crate::support::database::number(&app.database_url, kept), 2, "the marks stay");
}

/// A foreign task in the trash is as absent as one that never was.
#[rstest]
fn no_one_restores_another_users_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let task = delete_new(&client, "hers");
    let mallory = app.as_user("mallory");
    let own = restore(&task).replace(ALICE, "mallory");
    let missing = mallory.send("POST", "/api/mallory/trash/7/restore", None).expect(404);
    let foreign = mallory.send("POST", &own, None).expect(404);
    let bytes = |answer: &crate::support::Answer| {
        let mut problem = answer.json();
        problem["request_id"] = json!(null);
        problem
    };
    assert_eq!(bytes(&foreign), bytes(&missing));
    assert_eq!(ids(&client.get(TRASH).json()).len(), 1);
    execute(&app.database_url, "DELETE FROM owners WHERE user_id = 'mallory'");
}

//! `If-None-Match` on the list: 304 as long as no task of the user has changed.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, etag, new_task, tasks_of};
use crate::support::Backend;
use crate::support::database::execute;

#[rstest]
fn the_tag_changes_with_every_write_and_with_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let list = tasks_of(ALICE);
    let tag = || etag(&client.get(&list).expect(200));
    let mut tags = vec![tag()];
    let task = new_task(&client, ALICE, "a");
    tags.push(tag());
    client.patch(&task, &json!({"title": "b"})).expect(200);
    tags.push(tag());
    client.send("PATCH", &format!("{task}/complete"), None).expect(200);
    tags.push(tag());
    client.delete(&task).expect(204);
    tags.push(tag());
    client.post(&format!("{}/restore", task.replace("tasks", "trash")), &json!({})).expect(200);
    tags.push(tag());
    client.delete(&format!("{list}?completed=true")).expect(200);
    tags.push(tag());
    let everything = "DELETE FROM tasks; DELETE FROM deleted_tasks; DELETE FROM owners";
    execute(&app.database_url, everything);
    new_task(&client, ALICE, "anew");
    tags.push(tag());
    for (index, tag) in tags.iter().enumerate() {
        assert!(tag.starts_with('"') && !tags[..index].contains(tag), "{tags:?}");
    }
    let last = tag();
    new_task(&app.as_user("mallory"), "mallory", "x");
    client.get(&list).expect(200);
    client.delete(&format!("{list}/1")).expect(404);
    client.patch(&format!("{list}/1"), &json!({"title": "b"})).expect(404);
    assert_eq!(tag(), last, "another user's write, a read and a failed write change nothing");
}

#[rstest]
fn whatever_the_parameters_an_unchanged_list_is_304(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    new_task(&client, ALICE, "a");
    let list = tasks_of(ALICE);
    let known = etag(&client.get(&list).expect(200));
    let asked = client.with_header("If-None-Match", &format!("\"1-1-a\", W/{known}"));
    for query in
        ["", "?search=a", "?sort=title", "?status=completed&limit=1", "?include_total=true"]
    {
        let answer = asked.get(&format!("{list}{query}")).expect(304);
        assert_eq!((etag(&answer), answer.body.len()), (known.clone(), 0), "{query}");
        assert_eq!(etag(&client.get(&format!("{list}{query}")).expect(200)), known);
    }
    assert_eq!(asked.get(&format!("{list}?limit=0")).expect(422).faults().len(), 1);
    new_task(&client, ALICE, "b");
    assert_eq!(asked.get(&list).expect(200).json().as_array().map(Vec::len), Some(2));
}

#[rstest]
fn a_task_says_its_version_which_is_its_tag(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let task = new_task(&client, ALICE, "a");
    let listed = client.get(&tasks_of(ALICE)).json();
    let tag = format!("\"{}\"", listed[0]["version"]);
    assert_eq!(etag(&client.get(&task)), tag);
    let conditional = client.with_header("If-Match", &tag);
    let changed = conditional.patch(&task, &json!({"title": "b", "version": 99})).expect(200);
    assert_eq!(etag(&changed), format!("\"{}\"", changed.json()["version"]));
    conditional.delete(&task).expect(412);
}

//! `If-Match` on every write of one task: nobody overwrites what they have not seen.

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice, alice_with_task, assert_refused, etag, new_task, tasks_of};
use crate::support::{Answer, Backend, Client};

/// Every write of a task: method, path behind the task, body.
fn writes() -> Vec<(&'static str, &'static str, Option<Value>)> {
    vec![
        ("PUT", "", Some(json!({"title": "New"}))),
        ("PUT", "", Some(json!({}))),
        ("PATCH", "", Some(json!({"title": "New"}))),
        ("PATCH", "", Some(json!({}))),
        ("PATCH", "/complete", None),
        ("PATCH", "/complete", Some(json!({"completed": true}))),
        ("DELETE", "", None),
    ]
}

fn send(
    client: &Client,
    task: &str,
    (method, suffix, body): &(&str, &str, Option<Value>),
) -> Answer {
    let path = format!("{task}{suffix}");
    match body {
        Some(body) => client.json(method, &path, body),
        None => client.send(method, &path, None),
    }
}

/// A task at version 3.
fn at_version_3(client: &Client) -> String {
    let task = new_task(client, ALICE, "Start");
    for title in ["a", "b"] {
        client.put(&task, &json!({"title": title})).expect(200);
    }
    task
}

#[rstest]
fn a_matching_tag_or_a_star_lets_every_write_through(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    for write in writes() {
        for field in
            ["\"3\"", "*", "\"1\", \"3\"", "W/\"3\",\"3\"", " , \"x\" ,\"3\"", "\"a,b\",\"3\""]
        {
            let task = at_version_3(&client);
            let answer = send(&client.with_header("If-Match", field), &task, &write);
            assert!([200, 204].contains(&answer.status), "{write:?} {field}: {answer:?}");
            let now = client.get(&task);
            assert_eq!(answer.header("etag"), now.header("etag"), "{write:?} {field}");
        }
    }
}

#[rstest]
fn any_other_tag_is_412_with_the_current_one_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let task = at_version_3(&client);
    for write in writes() {
        for field in ["\"2\"", "\"4\"", "W/\"3\"", "\"03\"", "\"\"", "\"1\", \"2\"", "\"é\"", ","]
        {
            let line = format!("If-Match: {field}");
            let body = write.2.as_ref().map(Value::to_string).unwrap_or_default();
            let length = format!("Content-Length: {}", body.len());
            let path = format!("{task}{}", write.1);
            let attempt = || client.raw(write.0, &path, &[&line, &length], body.as_bytes());
            let answer = assert_refused(&client, &task, attempt).expect(412);
            assert_eq!(answer.code(), "precondition_failed", "{write:?} {field}");
            assert_eq!(etag(&answer), "\"3\"", "{write:?} {field}");
        }
    }
}

#[rstest]
fn several_fields_are_one_list(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    for (lines, status) in [
        (&["If-Match: \"1\"", "If-Match: \"3\""][..], 200),
        (&["If-Match: \"1\"", "If-Match: \"2\""], 412),
        (&["If-Match: \"1\"", "If-Match: *"], 400),
        (&["If-Match: *", "If-Match: *"], 400),
    ] {
        let task = at_version_3(&client);
        let answer = client.raw("PATCH", &format!("{task}/complete"), lines, b"");
        assert_eq!(answer.status, status, "{lines:?}: {answer:?}");
    }
}

#[rstest]
#[case("3")]
#[case("\"3")]
#[case("\"3\" \"4\"")]
#[case("w/\"3\"")]
#[case("*, \"3\"")]
#[case("\"3\"; \"4\"")]
#[case("\"a b\"")]
fn a_broken_field_is_400_even_where_there_is_no_task(#[case] field: &str) {
    let (_app, client) = alice(Backend::Sqlite);
    let task = at_version_3(&client);
    let strict = client.with_header("If-Match", field);
    for write in writes() {
        let answer = assert_refused(&client, &task, || send(&strict, &task, &write)).expect(400);
        assert_eq!(answer.code(), "malformed_header", "{write:?}");
        assert_eq!(answer.header("etag"), None);
        let missing = send(&strict, &format!("{}/1", tasks_of(ALICE)), &write);
        assert_eq!((missing.status, missing.body.len()), (400, answer.body.len()), "{write:?}");
    }
}

#[rstest]
fn as_many_tags_as_a_header_can_hold_are_compared(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let task = at_version_3(&client);
    let others: Vec<String> = (10..9_000).map(|version| format!("\"{version}\"")).collect();
    let stale = client.with_header("If-Match", &others.join(","));
    assert_eq!(etag(&stale.put(&task, &json!({"title": "c"})).expect(412)), "\"3\"");
    let good = client.with_header("If-Match", &format!("{},\"3\"", others.join(",")));
    assert_eq!(etag(&good.put(&task, &json!({"title": "c"})).expect(200)), "\"4\"");
}

#[rstest]
fn a_broken_rule_outweighs_a_stale_tag(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client, task) = alice_with_task(backend);
    let stale = client.with_header("If-Match", "\"99\"");
    assert_refused(&client, &task, || stale.put(&task, &json!({"title": ""}))).expect(422);
}

#[rstest]
fn edit_after_edit_needs_no_get_between(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let created = client.post(&tasks_of(ALICE), &json!({"title": "Start"})).expect(201);
    let task = created.header("location").unwrap_or_default().to_owned();
    let mut seen = etag(&created);
    for number in 0..50 {
        let client = client.with_header("If-Match", &seen);
        let path = format!("{task}/complete");
        let answer = match number % 5 {
            0 => client.put(&task, &json!({"title": number.to_string()})),
            1 => client.patch(&task, &json!({"tags": [number.to_string()]})),
            2 => client.send("PATCH", &path, None),
            3 => client.json("PATCH", &path, &json!({"completed": true})),
            _ => client.patch(&task, &json!({})),
        };
        seen = etag(&answer.expect(200));
    }
    client.with_header("If-Match", &seen).delete(&task).expect(204);
}

/// Adds one to the number in the title, again and again until nobody came between.
fn add_one(client: &Client, task: &str) -> usize {
    let mut refusals = 0;
    loop {
        let read = client.get(task).expect(200);
        let number: u32 = read.json()["title"].as_str().unwrap().parse().unwrap();
        let body = json!({"title": (number + 1).to_string()});
        let answer = client.with_header("If-Match", &etag(&read)).put(task, &body);
        if answer.status == 200 {
            return refusals;
        }
        let current = etag(&answer.expect(412));
        assert_ne!(current, etag(&read), "refused although nothing had changed");
        refusals += 1;
    }
}

#[rstest]
fn of_two_clients_with_a_hundred_edits_each_none_is_lost(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "0");
    let refusals: usize = std::thread::scope(|scope| {
        let edit = || {
            let client = app.as_user(ALICE);
            (0..100).map(|_| add_one(&client, &task)).sum::<usize>()
        };
        let clients = [scope.spawn(edit), scope.spawn(edit)];
        clients.map(|client| client.join().unwrap()).iter().sum()
    });
    let end = client.get(&task);
    assert_eq!((&end.json()["title"], etag(&end)), (&json!("200"), "\"201\"".to_owned()));
    assert!(refusals > 0, "the two never met, so nothing was shown");
}

#[rstest]
fn of_many_deletes_and_edits_of_one_state_one_wins(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    for _ in 0..5 {
        let task = new_task(&client, ALICE, "Contended");
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let client = app.as_user(ALICE).with_header("If-Match", "\"1\"");
                    let task = &task;
                    scope.spawn(move || match number % 4 {
                        0 => client.delete(task).status,
                        1 => client.send("PATCH", &format!("{task}/complete"), None).status,
                        _ => client.put(task, &json!({"title": number.to_string()})).status,
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let won = statuses.iter().filter(|status| [200, 204].contains(*status)).count();
        assert_eq!(won, 1, "{statuses:?}");
        let deleted = statuses.contains(&204);
        let refused = if deleted { 404 } else { 412 };
        assert_eq!(statuses.iter().filter(|status| **status == refused).count(), 7, "{statuses:?}");
    }
}

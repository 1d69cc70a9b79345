//! `If-Match` on every write of one task: no client overwrites what it has not seen.

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice, alice_with_task, assert_refused, etag, new_task, number, tasks_of};
use crate::support::{Answer, Backend, Client};

/// Every write of a task: method, the path after the task's, body.
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

/// A task that was written three times, and the numbers in the tags of the first and the last time.
struct Written {
    path: String,
    first: u64,
    now: u64,
}

impl Written {
    fn make(client: &Client) -> Self {
        let created = client.post(&tasks_of(ALICE), &json!({"title": "Start"})).expect(201);
        let path = created.header("location").unwrap().to_owned();
        client.put(&path, &json!({"title": "a"})).expect(200);
        let last = client.put(&path, &json!({"title": "b"})).expect(200);
        Self { path, first: number(&created), now: number(&last) }
    }

    /// The text with the numbers in the places of their names.
    fn fill_in(&self, text: &str) -> String {
        text.replace("FIRST", &self.first.to_string())
            .replace("BEFORE", &(self.now - 1).to_string())
            .replace("NEXT", &(self.now + 1).to_string())
            .replace("NOW", &self.now.to_string())
    }
}

#[rstest]
fn a_matching_tag_or_a_star_lets_every_write_through(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    for write in writes() {
        for field in [
            "\"NOW\"",
            "*",
            "\"FIRST\", \"NOW\"",
            "W/\"NOW\",\"NOW\"",
            " , \"x\" ,\"NOW\"",
            "\"a,b\",\"NOW\"",
        ] {
            let task = Written::make(&client);
            let field = task.fill_in(field);
            let answer = send(&client.with_header("If-Match", &field), &task.path, &write);
            assert!([200, 204].contains(&answer.status), "{write:?} {field}: {answer:?}");
            let now = client.get(&task.path);
            assert_eq!(answer.header("etag"), now.header("etag"), "{write:?} {field}");
        }
    }
}

#[rstest]
fn any_other_tag_is_412_with_the_current_one_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let task = Written::make(&client);
    let other = number(&client.get(&new_task(&client, ALICE, "Other"))).to_string();
    for write in writes() {
        for field in [
            "\"BEFORE\"",
            "\"NEXT\"",
            "W/\"NOW\"",
            "\"0NOW\"",
            "\"\"",
            "\"FIRST\", \"BEFORE\"",
            "\"OTHER\"",
            "\"é\"",
            ",",
        ] {
            let line = format!("If-Match: {}", task.fill_in(field).replace("OTHER", &other));
            let body = write.2.as_ref().map(Value::to_string).unwrap_or_default();
            let length = format!("Content-Length: {}", body.len());
            let path = format!("{}{}", task.path, write.1);
            let attempt = || client.raw(write.0, &path, &[&line, &length], body.as_bytes());
            let answer = assert_refused(&client, &task.path, attempt).expect(412);
            assert_eq!(answer.code(), "precondition_failed", "{write:?} {field}");
            assert_eq!(number(&answer), task.now, "{write:?} {field}");
        }
    }
}

#[rstest]
fn several_fields_are_one_list(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    for (fields, status) in [
        (["\"FIRST\"", "\"NOW\""], 200),
        (["\"FIRST\"", "\"BEFORE\""], 412),
        (["\"FIRST\"", "*"], 400),
        (["*", "*"], 400),
    ] {
        let task = Written::make(&client);
        let lines = fields.map(|field| format!("If-Match: {}", task.fill_in(field)));
        let lines = lines.each_ref().map(String::as_str);
        let answer = client.raw("PATCH", &format!("{}/complete", task.path), &lines, b"");
        assert_eq!(answer.status, status, "{lines:?}: {answer:?}");
    }
}

#[rstest]
#[case("NOW")]
#[case("\"NOW")]
#[case("\"NOW\" \"NEXT\"")]
#[case("w/\"NOW\"")]
#[case("*, \"NOW\"")]
#[case("\"NOW\"; \"NEXT\"")]
#[case("\"a b\"")]
fn a_broken_field_is_400_even_where_there_is_no_task(#[case] field: &str) {
    let (_app, client) = alice(Backend::Sqlite);
    let task = Written::make(&client);
    let strict = client.with_header("If-Match", &task.fill_in(field));
    let task = task.path;
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
    let task = Written::make(&client);
    let others: Vec<String> = (10..9_000).map(|number| format!("\"{number}\"")).collect();
    let stale = client.with_header("If-Match", &others.join(","));
    let refused = stale.put(&task.path, &json!({"title": "c"})).expect(412);
    assert_eq!(number(&refused), task.now);
    let all = format!("{},\"{}\"", others.join(","), task.now);
    let written = client.with_header("If-Match", &all).put(&task.path, &json!({"title": "c"}));
    assert_eq!(number(&written.expect(200)), task.now + 1);
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

/// Adds one to the number in the title, again and again until no other write came between.
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
    assert_eq!(end.json()["title"], "200");
    assert!(number(&end) >= 201, "the creation and two hundred edits: {end:?}");
    assert!(refusals > 0, "the two never met, so nothing was shown");
}

#[rstest]
fn of_many_deletes_and_edits_of_one_state_one_wins(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    for _ in 0..5 {
        let task = new_task(&client, ALICE, "Contended");
        let tag = etag(&client.get(&task));
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let client = app.as_user(ALICE).with_header("If-Match", &tag);
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

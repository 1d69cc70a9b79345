//! Pages of the list: the `Link` to the next page, the total, and the promise that a walk through all pages meets
//! every unchanged task exactly once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rstest::rstest;
use serde_json::{Value, json};

use super::{ALICE, alice, tasks_of};
use crate::support::{Answer, Backend, Client, seed};

const PRIORITIES: [&str; 3] = ["low", "medium", "high"];

const SORTS: [&str; 10] = [
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "title",
    "-title",
    "due_date",
    "-due_date",
    "priority",
    "-priority",
];

/// The target of `rel="next"`.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let target = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    Some(target.unwrap_or_else(|| panic!("{link}")).to_owned())
}

/// Follows the links from this path to the end.
fn walk(client: &Client, path: &str) -> Vec<Value> {
    let (mut tasks, mut path) = (Vec::new(), Some(path.to_owned()));
    while let Some(current) = path {
        let answer = client.get(&current).expect(200);
        tasks.extend(answer.json().as_array().unwrap().clone());
        path = next(&answer);
    }
    tasks
}

fn add(client: &Client, number: usize) -> Value {
    let task = json!({
        "title": format!("Task {}", number * 37 % 11),
        "priority": PRIORITIES[number % 3],
        "due_date": (!number.is_multiple_of(4)).then(|| format!("2026-11-0{}", 1 + number % 5)),
        "tags": if number.is_multiple_of(2) { json!(["even"]) } else { json!([]) },
    });
    client.post(&tasks_of(ALICE), &task).expect(201).json()
}

fn ids(tasks: &[Value]) -> Vec<i64> {
    tasks.iter().map(|task| task["id"].as_i64().unwrap()).collect()
}

#[rstest]
fn there_is_a_link_while_there_are_more_tasks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_app, client) = alice(backend);
    let made: Vec<Value> = (0..7).map(|number| add(&client, number)).collect();
    let page = client.get(&format!("{}?limit=3", tasks_of(ALICE))).expect(200);
    assert!(next(&page).unwrap().starts_with("/api/alice/tasks?limit=3&cursor="), "{page:?}");
    let walked = walk(&client, &format!("{}?limit=3", tasks_of(ALICE)));
    assert_eq!(walked, made.iter().rev().cloned().collect::<Vec<_>>());
    for whole in ["", "?limit=7", "?limit=200", "?tag=even&limit=4", "?search=nothing"] {
        let answer = client.get(&format!("{}{whole}", tasks_of(ALICE))).expect(200);
        assert_eq!(next(&answer), None, "{whole}");
    }
}

#[rstest]
fn a_walk_keeps_filter_and_order(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    (0..90).for_each(|number| drop(add(&client, number)));
    let query = "tag=even&priority=low,high&search=task%201&sort=-title&ignored=%22%3E";
    let path = format!("{}?{query}", tasks_of(ALICE));
    let whole = client.get(&path).expect(200).json();
    assert!(ids(whole.as_array().unwrap()).len() > 2, "{whole}");
    assert_eq!(walk(&client, &format!("{path}&limit=1")), *whole.as_array().unwrap());
}

#[rstest]
fn the_total_is_included_on_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    (0..5).for_each(|number| drop(add(&client, number)));
    app.as_user("mallory").post(&tasks_of("mallory"), &json!({"title": "hers"})).expect(201);
    for (query, total) in [
        ("?include_total=true", Some("5")),
        ("?include_total=true&limit=2", Some("5")),
        ("?include_total=true&tag=even", Some("3")),
        ("?include_total=true&search=nothing", Some("0")),
        ("?include_total=false", None),
        ("", None),
    ] {
        let answer = client.get(&format!("{}{query}", tasks_of(ALICE))).expect(200);
        assert_eq!(answer.header("x-total-count"), total, "{query}");
    }
}

#[rstest]
fn a_cursor_of_another_list_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    (0..3).for_each(|number| drop(add(&client, number)));
    let own = next(&client.get(&format!("{}?limit=1", tasks_of(ALICE)))).unwrap();
    client.get(&own).expect(200);
    client.get(&own.replace("limit=1", "limit=2&include_total=true")).expect(200);
    let mut flipped = own.clone().into_bytes();
    let last = flipped.last_mut().unwrap();
    *last = if *last == b'A' { b'B' } else { b'A' };
    let foreign = own.replace("/api/alice/", "/api/mallory/");
    for (client, path) in [
        (&client, format!("{own}&sort=title")),
        (&client, format!("{own}&order=asc")),
        (&client, format!("{own}&status=pending")),
        (&client, format!("{own}&tag=even")),
        (&client, format!("{own}x")),
        (&client, String::from_utf8(flipped).unwrap()),
        (&app.as_user("mallory"), foreign),
    ] {
        let answer = client.get(&path).expect(422);
        assert_eq!(answer.faults(), [("cursor".to_owned(), "invalid_cursor".to_owned())], "{path}");
    }
}

/// The promise of keyset paging, against a writer that never stops.
#[rstest]
fn a_walk_meets_every_unchanged_task_exactly_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let seed = seed();
    let (_app, client) = alice(backend);
    let still: Vec<i64> = ids(&(0..60).map(|number| add(&client, number)).collect::<Vec<_>>());
    let restless: Vec<i64> = ids(&(60..90).map(|number| add(&client, number)).collect::<Vec<_>>());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let _stop = StopWhenDropped(&stop);
        scope.spawn(|| disturb(&client, &restless, fastrand::Rng::with_seed(seed), &stop));
        for sort in SORTS {
            for limit in [1, 7] {
                let path = format!("{}?sort={sort}&limit={limit}", tasks_of(ALICE));
                let mut met: HashMap<i64, usize> = HashMap::new();
                for id in ids(&walk(&client, &path)) {
                    *met.entry(id).or_default() += 1;
                }
                for id in &still {
                    assert_eq!(met.get(id), Some(&1), "{sort}, limit {limit}, task {id}");
                }
            }
        }
    });
}

/// Ends the writer when the walks are over, also when they end with a failure.
struct StopWhenDropped<'a>(&'a AtomicBool);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Adds, changes, completes and deletes tasks, but never one of those that stand still.
fn disturb(client: &Client, restless: &[i64], mut random: fastrand::Rng, stop: &AtomicBool) {
    let mut own = restless.to_vec();
    let mut writes = 0;
    while !stop.load(Ordering::Relaxed) || writes < 200 {
        let number = random.usize(..1000);
        let victim = (!own.is_empty()).then(|| random.usize(..own.len()));
        match (random.u8(..4), victim) {
            (0, Some(place)) if own.len() > 10 => {
                let id = own.swap_remove(place);
                client.delete(&format!("{}/{id}", tasks_of(ALICE))).expect(204);
            }
            (1 | 2, Some(place)) => {
                let changes = json!({
                    "title": format!("Task {}", number % 11),
                    "priority": PRIORITIES[number % 3],
                    "due_date": (!number.is_multiple_of(4)).then(|| format!("2026-11-0{}", 1 + number % 5)),
                });
                client.patch(&format!("{}/{}", tasks_of(ALICE), own[place]), &changes).expect(200);
            }
            _ if own.len() < 60 => own.extend(add(client, number)["id"].as_i64()),
            _ => {}
        }
        writes += 1;
    }
}

//! Many clients at once: no write is lost, and every answer tells the truth about its own moment.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, new_task, number, tasks_of};
use crate::support::{Answer, Backend, Client, TestApp};

const CLIENTS: usize = 8;
const TIMES: usize = 25;

/// What every client got, when all of them do `work` this often at once.
fn at_once(app: &TestApp, work: impl Fn(&Client, usize) -> Answer + Sync) -> Vec<Answer> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (client, work) = (app.as_user(ALICE), &work);
                scope.spawn(move || {
                    (0..TIMES).map(|turn| work(&client, number * TIMES + turn)).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[rstest]
fn two_hundred_flips_lose_none(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "Flip");
    let first = number(&client.get(&task));
    let path = format!("{task}/complete");
    let answers = at_once(&app, |client, _| client.send("PATCH", &path, None).expect(200));
    let mut flips: Vec<(u64, bool)> =
        answers.iter().map(|flip| (number(flip), flip.json()["completed"] == true)).collect();
    flips.sort_unstable();
    assert!(flips.is_sorted_by(|a, b| a.0 < b.0), "each flip has a number of its own: {flips:?}");
    let alternating =
        flips.iter().enumerate().all(|(n, (_, completed))| *completed == (n % 2 == 0));
    assert!(
        flips[0].0 > first && alternating,
        "each flip is of what the one before has left: {flips:?}"
    );
    let end = client.get(&task);
    assert_eq!((number(&end), &end.json()["completed"]), (flips[flips.len() - 1].0, &json!(false)));
}

#[rstest]
fn changes_of_different_members_do_not_undo_each_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "Start");
    let answers = at_once(&app, |client, number| match number / TIMES {
        0 => client.patch(&task, &json!({"title": number.to_string()})).expect(200),
        1 => client.put(&task, &json!({"description": number.to_string()})).expect(200),
        2 => client.put(&task, &json!({"tags": [number.to_string()]})).expect(200),
        _ => client.send("PATCH", &format!("{task}/complete"), None).expect(200),
    });
    let end = client.get(&task);
    let last = |client: usize| (client * TIMES + TIMES - 1).to_string();
    let shown = end.json();
    assert_eq!(shown["title"], last(0));
    assert_eq!(shown["description"], last(1));
    assert_eq!(shown["tags"], json!([last(2)]));
    assert_eq!(shown["completed"], (CLIENTS - 3) * TIMES % 2 == 1);
    let numbers: BTreeSet<u64> = answers.iter().map(number).collect();
    assert_eq!(numbers.len(), answers.len(), "each change has a number of its own");
    assert_eq!(numbers.last(), Some(&number(&end)));
}

#[rstest]
fn tasks_made_at_once_are_all_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let answers = at_once(&app, |client, number| {
        client.post(&tasks_of(ALICE), &json!({"title": number.to_string()})).expect(201)
    });
    let ids: BTreeSet<i64> =
        answers.iter().filter_map(|answer| answer.json()["id"].as_i64()).collect();
    assert_eq!(ids.len(), CLIENTS * TIMES);
    let listed = client.get(&format!("{}?limit=200", tasks_of(ALICE))).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(CLIENTS * TIMES));
}

#[rstest]
fn a_task_is_deleted_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (app, client) = alice(backend);
    let task = new_task(&client, ALICE, "Gone");
    let answers = at_once(&app, |client, _| client.delete(&task));
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 404).count(), CLIENTS * TIMES - 1);
}

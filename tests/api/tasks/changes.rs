//! The feed of changes: a client that applies every page in order has exactly the list, however writes interleave.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, new_task, tasks_of};
use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::database::execute;
use crate::support::process::Process;
use crate::support::{Backend, Client, Follower, TokenBuilder, seed};

const CHANGES: &str = "/api/alice/changes";

#[rstest]
fn each_change_is_told_once_and_nothing_when_there_is_none(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let mut follower = Follower::new(ALICE);
    follower.catch_up(&client, 100);
    let mallory = app.as_user("mallory");
    new_task(&mallory, "mallory", "x");
    let nothing = client.get(CHANGES).expect(200).json();
    assert_eq!((&nothing["changed"], &nothing["deleted"]), (&json!([]), &json!([])));
    let tasks: Vec<String> = (0..7).map(|n| new_task(&client, ALICE, &n.to_string())).collect();
    follower.catch_up(&client, 3);
    follower.assert_complete(&client);
    client.delete(&tasks[3]).expect(204);
    client.delete(&tasks[5]).expect(204);
    client.patch(&tasks[0], &json!({"title": "changed"})).expect(200);
    let since = follower.token.clone().unwrap();
    let page = client.get(&format!("{CHANGES}?since={since}")).expect(200).json();
    assert_eq!(page["deleted"].as_array().map(Vec::len), Some(2));
    assert_eq!(page["changed"].as_array().map(Vec::len), Some(1));
    follower.catch_up(&client, 1);
    follower.assert_complete(&client);
    let restore = format!("{}/restore", tasks[5].replace("/tasks/", "/trash/"));
    client.send("POST", &restore, None).expect(200);
    client.delete("/api/alice/trash").expect(200);
    client.delete(&format!("{}?completed=true", tasks_of(ALICE))).expect(200);
    follower.catch_up(&client, 2);
    follower.assert_complete(&client);
    assert!(!follower.page(&client, 100));
    follower.assert_complete(&client);
}

#[rstest]
fn a_token_counts_for_its_user_and_as_long_as_it_leads_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (app, client) = alice(backend);
    let mallory = app.as_user("mallory");
    let task = new_task(&client, ALICE, "a");
    new_task(&mallory, "mallory", "x");
    let token = |client: &Client, user: &str| {
        let page = client.get(&format!("/api/{user}/changes")).expect(200).json();
        page["next"].as_str().unwrap().to_owned()
    };
    let (hers, his) = (token(&client, ALICE), token(&mallory, "mallory"));
    for wrong in ["", "x", "null", &his, &hers[1..], &format!("{hers}{hers}")] {
        let answer = client.get(&format!("{CHANGES}?since={wrong}")).expect(422);
        assert_eq!(answer.faults(), [("since".to_owned(), "invalid_token".to_owned())], "{wrong}");
    }
    assert_eq!(client.get(&format!("{CHANGES}?since=x&limit=0")).expect(422).faults().len(), 2);
    client.get(&format!("{CHANGES}?since={hers}")).expect(200);

    let by_header = |value: &str| client.with_header("Changes-Since", value);
    let told = by_header(&hers).get(CHANGES).expect(200);
    assert_eq!(told.json()["changed"], json!([]), "from the token on");
    assert!(told.header_list("vary").contains(&"changes-since".to_owned()), "{told:?}");
    for wrong in ["x", &his, "\u{e4}"] {
        let answer = by_header(wrong).get(CHANGES).expect(422);
        assert_eq!(answer.faults(), [("since".to_owned(), "invalid_token".to_owned())], "{wrong}");
    }
    by_header(&hers).with_header("Changes-Since", &hers).get(CHANGES).expect(422);
    by_header(&hers).get(&format!("{CHANGES}?since={his}")).expect(422);

    let is_gone = |why: &str| {
        let answer = client.get(&format!("{CHANGES}?since={hers}")).expect(410);
        assert_eq!(answer.code(), "resync_required", "{why}");
        client.get(CHANGES).expect(200);
    };
    let url = &app.database_url;
    client.delete(&task).expect(204);
    client.get(&format!("{CHANGES}?since={hers}")).expect(200);
    execute(url, "DELETE FROM deleted_tasks; UPDATE owners SET purged_seq = 2");
    is_gone("a deletion is forgotten");
    execute(url, "UPDATE owners SET purged_seq = 0, epoch = epoch + 1");
    is_gone("another epoch");
    client.delete("/api/alice").expect(204);
    is_gone("nothing is there");
    new_task(&client, ALICE, "anew");
    is_gone("all of it is new");
}

/// What is held for a client that does not read is bounded, so a page of long tasks ends early.
#[rstest]
fn a_page_of_long_tasks_ends_early(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (_app, client) = alice(backend);
    let long = json!({"title": "long", "description": "\u{1}".repeat(1000)});
    for turn in 0..30 {
        let task = client.post(&tasks_of(ALICE), &long).expect(201).json();
        if turn % 7 == 0 {
            client.delete(&format!("{}/{}", tasks_of(ALICE), task["id"])).expect(204);
        }
    }
    let page = client.get(&format!("{CHANGES}?limit=200")).expect(200);
    assert!(page.body.len() < 64 * 1024 && page.json()["more"] == true, "{}", page.body.len());
    let mut follower = Follower::new(ALICE);
    follower.catch_up(&client, 200);
    follower.assert_complete(&client);
}

#[test]
fn a_restored_backup_is_from_the_past() {
    let (app, client) = alice(Backend::Sqlite);
    new_task(&client, ALICE, "a");
    new_task(&client, ALICE, "b");
    let mut follower = Follower::new(ALICE);
    follower.catch_up(&client, 100);
    execute(
        &app.database_url,
        "DELETE FROM tasks WHERE seq = 2; UPDATE owners SET seq = 1, tasks = 1, last_id = \
         (SELECT max(id) FROM tasks)",
    );
    let path = format!("{CHANGES}?since={}", follower.token.unwrap());
    assert_eq!(client.get(&path).expect(410).code(), "resync_required");
}

/// One random write.
fn write(client: &Client, random: &mut fastrand::Rng, tasks: &mut Vec<String>, turn: usize) {
    let task = if tasks.is_empty() { None } else { Some(random.usize(..tasks.len())) };
    match (random.u8(..12), task) {
        (0..=2, Some(index)) => {
            let title = json!({"title": format!("changed {turn}")});
            client.patch(&tasks[index], &title).expect(200);
        }
        (3..=4, Some(index)) => {
            client.send("PATCH", &format!("{}/complete", tasks[index]), None).expect(200);
        }
        (5..=6, Some(index)) => {
            client.delete(&tasks.swap_remove(index)).expect(204);
        }
        (7, Some(index)) => {
            let task = tasks[index].clone();
            client.delete(&task).expect(204);
            let restore = format!("{}/restore", task.replace("/tasks/", "/trash/"));
            client.send("POST", &restore, None).expect(200);
        }
        _ => tasks.push(new_task(client, ALICE, &format!("made {turn}"))),
    }
}

/// Writers on two instances, and followers with pages of random sizes, pauses and restarts: at every quiet point
/// what they have is the list.
#[rstest]
fn followers_have_the_list_whatever_interleaves(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 3;
    const WRITES: usize = 40;
    let (url, _folder) = fresh_url(backend);
    let rls = if backend == Backend::PostgresRls { "on" } else { "off" };
    let variables = [("RATE_LIMIT_PER_MINUTE", "0"), ("DATABASE_RLS", rls)];
    let mut servers = [(); 2].map(|()| Process::serve(&url, &variables));
    let addresses = servers.each_mut().map(Process::address);
    let token = TokenBuilder::valid(ALICE).build();
    let client = |n: usize| Client::new(agent(), addresses[n % 2], Some(token.clone()));
    let seed = seed();
    let random =
        |stream: usize| fastrand::Rng::with_seed(seed.wrapping_add(u64::try_from(stream).unwrap()));
    let mut followers: Vec<Follower> = (0..4).map(|_| Follower::new(ALICE)).collect();
    let mut own: Vec<Vec<String>> = (0..WRITERS).map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let writing: Vec<_> = own
                .iter_mut()
                .enumerate()
                .map(|(n, tasks)| {
                    let client = client(n);
                    let mut random = random(round * WRITERS + n);
                    scope.spawn(move || {
                        (0..WRITES).for_each(|turn| write(&client, &mut random, tasks, turn));
                    })
                })
                .collect();
            let (is_over, client, random) = (&is_over, &client, &random);
            for (n, follower) in followers.iter_mut().enumerate() {
                let mut random = random(1000 + round * 10 + n);
                scope.spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        if n == 2 && random.u8(..20) == 0 {
                            *follower = Follower::new(ALICE);
                        }
                        let read =
                            follower.try_page(&client(random.usize(..2)), random.usize(1..6));
                        assert!(read.is_some());
                    }
                });
            }
            let failed = writing.into_iter().filter_map(|writer| writer.join().err()).count();
            is_over.store(true, Ordering::Relaxed);
            assert_eq!(failed, 0, "a writer failed; its message stands above");
        });
        for follower in &mut followers {
            follower.catch_up(&client(round), 50);
            follower.assert_complete(&client(round + 1));
        }
    }
}

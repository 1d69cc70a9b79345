//! Clients that follow the feed while others write through two instances, and while the database becomes an earlier
//! one: at every quiet point what they have is the list.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rstest::rstest;
use serde_json::json;

use super::{ALICE, new_task};
use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::database::execute;
use crate::support::process::Process;
use crate::support::{Backend, Client, Follower, TokenBuilder, seed};

const TABLES: [&str; 3] = ["owners", "tasks", "deleted_tasks"];

/// Keeps the rows as they are now.
fn back_up(url: &str) {
    let copy = TABLES.map(|table| format!("CREATE TABLE kept_{table} AS SELECT * FROM {table};"));
    execute(url, &copy.concat());
}

/// Puts them back, and does what the handbook says after that.
fn restore(url: &str) {
    let back = TABLES.map(|table| {
        format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table};")
    });
    execute(url, &format!("BEGIN; {} COMMIT", back.concat()));
    let mut command = Process::start(&["new-epoch"], &[("DATABASE_URL", url)]);
    assert!(command.wait().success(), "{}", command.output());
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

/// Followers with pages of random sizes, pauses and restarts. One round is backed up, and a later one ends with
/// that backup: who goes on from before is told to begin anew, and no one else ever is.
#[rstest]
fn followers_have_the_list_whatever_interleaves(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    const WRITERS: usize = 6;
    const ROUNDS: usize = 5;
    const BACKED_UP: usize = 1;
    const RESTORED: usize = 2;
    const RESTARTS: usize = 2;
    // Comes back when there are more writes again than it has seen, but others.
    const SLEEPS: usize = 3;
    const WRITES: usize = 30;
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
    let mut kept = Vec::new();
    for round in 0..ROUNDS {
        if round == BACKED_UP {
            back_up(&url);
            kept.clone_from(&own);
        }
        let sleeps = |n| n == SLEEPS && round >= RESTORED;
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
            for (n, follower) in followers.iter_mut().enumerate().filter(|(n, _)| !sleeps(*n)) {
                let mut random = random(1000 + round * 10 + n);
                scope.spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        if n == RESTARTS && random.u8(..20) == 0 {
                            *follower = Follower::new(ALICE);
                        }
                        follower.page_or_resync(&client(random.usize(..2)), random.usize(1..6));
                    }
                });
            }
            let failed = writing.into_iter().filter_map(|writer| writer.join().err()).count();
            if round == RESTORED {
                restore(&url);
            }
            is_over.store(true, Ordering::Relaxed);
            assert_eq!(failed, 0, "a writer failed; its message stands above");
        });
        if round == RESTORED {
            own.clone_from(&kept);
        }
        for (n, follower) in followers.iter_mut().enumerate() {
            if sleeps(n) && round + 1 < ROUNDS {
                continue;
            }
            while follower.page_or_resync(&client(round), 50) {}
            follower.assert_complete(&client(round + 1));
            // More than once when it has asked just when the backup came back, or the new epoch. The one that starts anew
            // by itself may have done so at that moment.
            let due = if round < RESTORED { 0..=0 } else { 1..=3 };
            assert!(due.contains(&follower.resyncs) || n == RESTARTS, "{}", follower.resyncs);
        }
    }
}

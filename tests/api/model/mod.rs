//! Ten thousand random operations of two users, from several threads each, beside a model of plain maps
//! in memory: every answer is the model's, nothing is lost, and no user ever sees a task of the other.
//!
//! A thread owns the tasks that it makes, so its model of them is exact whatever the other threads do.
//! The threads of a user share three tasks: one is flipped, one is counted up with `If-Match`, and one is
//! written without a condition. They also share the limit on the tasks of one user. Between rounds all
//! threads stand still; then the whole of each user's tasks is compared with the models.
//!
//! A failed run prints its seed and is repeated with `TASKBRIDGE_TEST_SEED`; what each thread does is then
//! the same, though not how the threads meet.

mod lists;
mod random;
mod refusals;
mod room;
mod shared;
mod steps;
mod tasks;
mod writes;

use std::collections::BTreeSet;
use std::sync::Mutex;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::client::{agent, tasks_of};
use crate::support::database::{assert_owners_agree, owner_row};
use crate::support::{Backend, Client, TestApp, TokenBuilder, seed};
use random::Random;
use room::{LIMIT, Room};
use shared::{Deeds, Shared};
use steps::Thread;

const USERS: [&str; 2] = ["alice", "mallory"];
const THREADS_PER_USER: usize = 2;
const ROUNDS: usize = 5;
const OPERATIONS: usize = 10_000;
const PER_THREAD_AND_ROUND: usize = OPERATIONS / (ROUNDS * USERS.len() * THREADS_PER_USER);

/// What the threads of one user know of each other, and of the other user.
pub struct Known {
    /// Ids of tasks, by user: what the others try in vain.
    ids: [Mutex<Vec<i64>>; 2],
    /// How many tasks each user may have at the moment.
    rooms: [Room; 2],
}

fn caller(app: &TestApp, user: &str) -> Client {
    // An agent of its own keeps a connection of its own alive.
    Client::new(agent(), app.address, Some(TokenBuilder::valid(user).build()))
}

#[rstest]
fn ten_thousand_operations_are_as_a_model_in_memory_has_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let seed = seed();
    let app = TestApp::spawn_with(backend, &[("MAX_TASKS_PER_USER", &LIMIT.to_string())]);
    let known = Known { ids: Default::default(), rooms: Default::default() };
    let mut threads: Vec<Thread<'_>> = (0..USERS.len() * THREADS_PER_USER)
        .map(|number| {
            let user = number % USERS.len();
            let random = Random::new(seed, number);
            Thread::new(caller(&app, USERS[user]), &known, user, number / USERS.len(), random)
        })
        .collect();
    let mut operations = 0;
    for round in 0..ROUNDS {
        let shared = [0, 1]
            .map(|user| Shared::make(&caller(&app, USERS[user]), USERS[user], &known.rooms[user]));
        let deeds: Vec<Deeds> = std::thread::scope(|scope| {
            let running: Vec<_> = threads
                .iter_mut()
                .map(|thread| {
                    let shared = &shared[thread.user];
                    scope.spawn(move || {
                        let mut deeds = Deeds::default();
                        for _ in 0..PER_THREAD_AND_ROUND {
                            thread.step(shared, &mut deeds);
                        }
                        deeds
                    })
                })
                .collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        operations += threads.len() * PER_THREAD_AND_ROUND;
        for (user, shared) in shared.iter().enumerate() {
            let client = caller(&app, USERS[user]);
            let done: Vec<&Deeds> = (0..threads.len())
                .filter(|n| threads[*n].user == user)
                .map(|n| &deeds[n])
                .collect();
            shared.check_and_delete(&client, &known.rooms[user], &done);
            compare(&app, &threads, user);
            if (round + user) % 2 == 0 {
                clear_completed(&client, &known.rooms[user], &mut threads, user);
                compare(&app, &threads, user);
            }
        }
    }
    assert_eq!(operations, OPERATIONS);
    let kinds = threads[0].kinds();
    assert!(
        threads.iter().all(|thread| thread.kinds() == kinds),
        "every thread has done everything"
    );

    for (user, name) in USERS.iter().enumerate() {
        let written = || {
            threads.iter().filter(|t| t.user == user).flat_map(|thread| thread.numbers().to_vec())
        };
        let numbers: BTreeSet<i64> = written().collect();
        assert_eq!(numbers.len(), written().count(), "a number was given twice");
        assert!(numbers.last() <= Some(&owner_row(&app.database_url, name).seq));
    }

    // One leaves, and takes nothing of the other along.
    caller(&app, USERS[0]).delete(&format!("/api/{}", USERS[0])).expect(204);
    assert_eq!(
        caller(&app, USERS[0]).get(&tasks_of(USERS[0])).expect(401).code(),
        "account_erased"
    );
    compare(&app, &threads, 1);
    fill_up(&caller(&app, USERS[1]), USERS[1], threads_tasks(&threads, 1));
}

/// How many tasks the threads of a user have.
fn threads_tasks(threads: &[Thread<'_>], user: usize) -> usize {
    threads.iter().filter(|thread| thread.user == user).map(|thread| thread.tasks().count()).sum()
}

/// While nothing else happens, the limit is exact.
fn fill_up(client: &Client, user: &str, tasks: usize) {
    let post = || client.post(&tasks_of(user), &json!({"title": "One more"}));
    (tasks..LIMIT).for_each(|_| drop(post().expect(201)));
    assert_eq!(post().expect(409).code(), "task_limit_reached");
}

fn everything(client: &Client, user: &str) -> Value {
    client.get(&format!("/api/{user}/export")).expect(200).json()
}

/// All tasks of a user are those of its threads' models, to the last member, and the database counts them
/// right.
fn compare(app: &TestApp, threads: &[Thread<'_>], user: usize) {
    assert_owners_agree(&app.database_url);
    let client = &caller(app, USERS[user]);
    let mut expected: Vec<Value> =
        threads.iter().filter(|thread| thread.user == user).flat_map(Thread::tasks).collect();
    expected.sort_by_key(|task| task["id"].as_i64());
    let found = everything(client, USERS[user]);
    assert_eq!(found.as_array().map(Vec::len), Some(expected.len()));
    for (found, expected) in found.as_array().unwrap().iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

fn clear_completed(client: &Client, room: &Room, threads: &mut [Thread<'_>], user: usize) {
    let own = threads.iter_mut().filter(|thread| thread.user == user);
    let cleared: usize = own.map(Thread::forget_completed).sum();
    let path = format!("/api/{}/tasks?completed=true", USERS[user]);
    assert_eq!(client.delete(&path).expect(200).json(), json!({"deleted": cleared}));
    room.cleared(cleared);
}

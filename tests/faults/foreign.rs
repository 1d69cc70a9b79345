//! Clients that read without a pause while all users write: nothing in any answer is another user's.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::{Value, json};

use crate::extent::{figure, ms, rounds};
use crate::support::app::fresh_url;
use crate::support::process::Process;
use crate::support::{Answer, Backend, seed};
use crate::wire::Wire;

const USERS: usize = 8;

/// How many tasks a user keeps.
const KEPT: usize = 40;

/// Says whose task it is.
fn title(user: usize, turn: usize) -> String {
    format!("of user {user}, turn {turn}")
}

fn wire(address: SocketAddr, user: usize) -> Wire {
    Wire::new(address, &format!("user-{user}"), Duration::from_secs(30))
}

/// Makes, changes, deletes and restores tasks until there is enough. Returns the ids of all that it made.
fn write(address: SocketAddr, user: usize, seed: u64, is_over: &AtomicBool) -> HashSet<i64> {
    let mut wire = wire(address, user);
    let mut random = fastrand::Rng::with_seed(seed);
    let api = format!("/api/user-{user}");
    let (mut made, mut kept, mut turn) = (HashSet::new(), Vec::new(), 0);
    while !is_over.load(Ordering::Relaxed) {
        turn += 1;
        if kept.len() < KEPT {
            let task = wire.post(&format!("{api}/tasks"), &json!({"title": title(user, turn)}));
            let id = task.unwrap().expect(201).json()["id"].as_i64().unwrap();
            made.insert(id);
            kept.push(id);
            continue;
        }
        let index = random.usize(..kept.len());
        let task = format!("{api}/tasks/{}", kept[index]);
        if random.bool() {
            let change = json!({"title": title(user, turn)});
            wire.send("PATCH", &task, Some(&change)).unwrap().expect(200);
            continue;
        }
        wire.send("DELETE", &task, None).unwrap().expect(204);
        if random.bool() {
            let restore = format!("{api}/trash/{}/restore", kept[index]);
            wire.send("POST", &restore, None).unwrap().expect(200);
        } else {
            kept.swap_remove(index);
        }
    }
    made
}

/// What a reader has met.
#[derive(Default)]
struct Seen {
    ids: HashSet<i64>,
    answers: usize,
    rows: usize,
}

impl Seen {
    /// Checks all that an answer says of the tasks that it has.
    fn check(&mut self, user: usize, answer: Answer) -> Value {
        let body = answer.expect(200).json();
        let of = |name: &str| body[name].as_array().cloned().unwrap_or_default();
        let (listed, changed, deleted) =
            (body.as_array().cloned().unwrap_or_default(), of("changed"), of("deleted"));
        for task in listed.iter().chain(&changed) {
            assert_eq!(task["user_id"], format!("user-{user}"), "{task}");
            let begins = format!("of user {user},");
            assert!(task["title"].as_str().unwrap().starts_with(&begins), "{task}");
        }
        let ids = listed.iter().chain(&changed).map(|task| &task["id"]).chain(&deleted);
        let before = self.rows;
        for id in ids {
            self.ids.insert(id.as_i64().unwrap());
            self.rows += 1;
        }
        self.answers += usize::from(self.rows > before);
        body
    }
}

/// Follows the changes, again and again from the beginning, and reads list and trash in between.
fn read(address: SocketAddr, user: usize, rows: &AtomicUsize, enough: usize) -> Seen {
    let mut wire = wire(address, user);
    let api = format!("/api/user-{user}");
    let mut seen = Seen::default();
    let mut since: Option<String> = None;
    let mut turn = 0;
    while rows.load(Ordering::Relaxed) < enough {
        turn += 1;
        let before = seen.rows;
        let path = match turn % 4 {
            0 => format!("{api}/tasks?search=turn&limit=200"),
            1 => format!("{api}/trash?limit=200"),
            _ => {
                let since = since.iter().map(|token| format!("&since={token}")).collect::<String>();
                format!("{api}/changes?limit=200{since}")
            }
        };
        let body = seen.check(user, wire.get(&path).unwrap());
        if let Some(next) = body["next"].as_str() {
            since = (body["more"] == true || turn % 8 != 3).then(|| next.to_owned());
        }
        rows.fetch_add(seen.rows - before, Ordering::Relaxed);
    }
    seen
}

#[rstest]
fn no_answer_has_anything_of_another_user(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    let rls = if backend == Backend::PostgresRls { "on" } else { "off" };
    let mut process =
        Process::serve(&url, &[("RATE_LIMIT_PER_MINUTE", "0"), ("DATABASE_RLS", rls)]);
    let address = process.address();
    let (seed, enough) = (seed(), rounds(100_000, 2_000_000));
    let (is_over, rows) = (&AtomicBool::new(false), &AtomicUsize::new(0));
    let started = Instant::now();
    let (made, seen): (Vec<HashSet<i64>>, Vec<Seen>) = std::thread::scope(|scope| {
        let users = 0..USERS;
        let writers: Vec<_> = (users.clone().zip(seed..))
            .map(|(user, seed)| scope.spawn(move || write(address, user, seed, is_over)))
            .collect();
        let readers: Vec<_> =
            users.map(|user| scope.spawn(move || read(address, user, rows, enough))).collect();
        let seen: Vec<_> = readers.into_iter().map(|reader| reader.join()).collect();
        is_over.store(true, Ordering::Relaxed);
        let made = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        (made, seen.into_iter().map(Result::unwrap).collect())
    });
    let foreign = (0..USERS).map(|user| seen[user].ids.difference(&made[user]).count());
    let foreign: usize = foreign.sum();
    let [answers, rows] = [|seen: &Seen| seen.answers, |seen: &Seen| seen.rows]
        .map(|of| seen.iter().map(of).sum::<usize>());
    figure(
        &format!("foreign ids on {backend:?}"),
        &format!(
            "{foreign} of {rows} in {answers} answers, {}, seed {seed}",
            ms(started.elapsed())
        ),
    );
    assert_eq!(foreign, 0);
    assert!(made.iter().all(|made| made.len() > KEPT), "a user has hardly written");
}

//! A user at work while the clock jumps: every task is made, found, listed once and changed, and the
//! order of ids and of numbers stays the order of creation and of writes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};

use super::faketime::Clock;
use crate::support::{Answer, TokenBuilder};
use crate::wire::Wire;

/// Tasks made at a time.
const TASKS: usize = 8;

/// The largest integer that JavaScript reads exactly.
const MAX_ID: i64 = 9_007_199_254_740_991;

/// How far the time of a task may be from the time of the test, in seconds.
const BLUR: i64 = 5;

/// The same of ids, which count microseconds.
const BLUR_OF_IDS: i64 = BLUR * 1_000_000;

/// A user, and what belongs to it.
pub struct Owner {
    name: &'static str,
    /// By id, the moment each was made.
    tasks: BTreeMap<i64, String>,
    /// The number of the last write.
    seq: i64,
    keys: usize,
    /// How many users have come to compare with.
    newcomers: usize,
    /// When the ids begin, in microseconds.
    ids_count_since: Option<i64>,
}

impl Owner {
    pub fn new(name: &'static str) -> Self {
        Self { name, tasks: BTreeMap::new(), seq: 0, keys: 0, newcomers: 0, ids_count_since: None }
    }

    /// How many tasks there are.
    pub fn made(&self) -> usize {
        self.tasks.len()
    }

    /// Makes tasks, reads them all page by page, and changes one.
    pub fn work(&mut self, clock: &Clock, address: SocketAddr) {
        let mut wire = wire(clock, address, self.name);
        let path = format!("/api/{}/tasks", self.name);
        let mut last = 0;
        let of_the_clock = self.newcomer(clock, address);
        for _ in 0..TASKS {
            let answer = wire.post(&path, &json!({"title": "A task"})).unwrap();
            last = self.remember(clock, &answer, of_the_clock);
        }
        self.list(&mut wire, &path);
        self.change(clock, &mut wire, &format!("{path}/{last}"));
        self.repeat(clock, address, &mut wire, &path);
    }

    /// The first id of a new user. Whatever the other users have, the clock alone makes it: it counts the
    /// microseconds since the same moment each time, or is 1 where no id is that great or that small.
    fn newcomer(&mut self, clock: &Clock, address: SocketAddr) -> i64 {
        self.newcomers += 1;
        let user = format!("newcomer-{}", self.newcomers);
        let path = format!("/api/{user}/tasks");
        let answer = wire(clock, address, &user).post(&path, &json!({"title": "First"})).unwrap();
        assert_eq!((answer.status, answer.header("etag")), (201, Some("\"1\"")), "{answer:?}");
        let id = answer.json()["id"].as_i64().unwrap();
        let now = clock.now() * 1_000_000;
        let since = *self.ids_count_since.get_or_insert(now - id);
        let expected = Some(now - since).filter(|id| (1..=MAX_ID).contains(id)).unwrap_or(1);
        assert!((id - expected).abs() <= BLUR_OF_IDS, "{id} and not {expected} at {}", clock.now());
        id
    }

    /// A new task with the right time, a number of its own, and an id above all others: the one that the
    /// clock makes, or the next one where the clock is behind.
    fn remember(&mut self, clock: &Clock, answer: &Answer, of_the_clock: i64) -> i64 {
        assert_eq!(answer.status, 201, "{answer:?}");
        let task = answer.json();
        let id = task["id"].as_i64().unwrap();
        assert!((1..=MAX_ID).contains(&id), "{answer:?}");
        let last = self.tasks.keys().next_back().copied().unwrap_or_default();
        assert!(id > last, "{id} after {last} at {}", clock.now());
        let by_the_clock = (id - of_the_clock).abs() <= BLUR_OF_IDS;
        assert!(
            id == last + 1 || by_the_clock,
            "{id} after {last}, and the clock says {of_the_clock}"
        );
        assert_near(&task["created_at"], clock);
        let made_at = task["created_at"].as_str().unwrap().to_owned();
        self.tasks.insert(id, made_at);
        self.next_number(answer);
        id
    }

    /// Each write has the number after the one before it.
    fn next_number(&mut self, answer: &Answer) {
        self.seq += 1;
        let number = format!("\"{}\"", self.seq);
        assert_eq!(answer.header("etag"), Some(number.as_str()), "{answer:?}");
    }

    /// Every task once, the newest first.
    fn list(&self, wire: &mut Wire, path: &str) {
        let mut next = Some(format!("{path}?limit=50"));
        let mut listed = Vec::new();
        while let Some(page) = next {
            let answer = wire.get(&page).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            for task in answer.json().as_array().unwrap() {
                let made_at = task["created_at"].as_str().unwrap();
                listed.push((task["id"].as_i64().unwrap(), made_at.to_owned()));
            }
            let link = answer.header("link").and_then(|link| link.split_once('<'));
            next = link.map(|(_, rest)| rest.split_once('>').unwrap().0.to_owned());
        }
        assert!(listed.is_sorted_by(|a, b| a.0 > b.0), "{listed:?}");
        assert_eq!(listed.into_iter().collect::<BTreeMap<_, _>>(), self.tasks);
    }

    /// A change moves `updated_at` to the clock and leaves `created_at` alone.
    fn change(&mut self, clock: &Clock, wire: &mut Wire, path: &str) {
        let id: i64 = path.rsplit('/').next().unwrap().parse().unwrap();
        for title in ["Changed", "Changed again"] {
            let answer = wire.send("PATCH", path, Some(&json!({"title": title}))).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            self.next_number(&answer);
            let task = answer.json();
            assert_eq!(task["created_at"], self.tasks[&id].as_str());
            assert_near(&task["updated_at"], clock);
            assert_eq!(wire.get(path).unwrap().json(), task);
        }
    }

    /// The same request twice with one key makes one task.
    fn repeat(&mut self, clock: &Clock, address: SocketAddr, wire: &mut Wire, path: &str) {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        let mut post =
            || wire.post_with_key(path, &json!({"title": "A keyed task"}), &key).unwrap();
        let (first, second) = (post(), post());
        let of_the_clock = self.newcomer(clock, address);
        self.remember(clock, &first, of_the_clock);
        assert_eq!((second.status, second.json()), (201, first.json()));
    }
}

/// A connection with a token that is valid at the time of the servers.
fn wire(clock: &Clock, address: SocketAddr, user: &str) -> Wire {
    let token =
        TokenBuilder::valid(user).claim("iat", clock.now()).claim("exp", clock.now() + 900).build();
    Wire::with_token(address, &token, Duration::from_secs(20))
}

#[track_caller]
fn assert_near(time: &Value, clock: &Clock) {
    let seconds = DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap().timestamp();
    let now = clock.now();
    assert!((seconds - now).abs() <= BLUR, "{time} and not {now}");
}

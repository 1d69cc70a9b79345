//! A user at work while the clock jumps: every task is made, found, listed once and changed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};

use super::faketime::Clock;
use crate::support::{Answer, TokenBuilder};
use crate::wire::Wire;

/// Tasks made at a time. More than the attempts that the server makes to find a free id.
const TASKS: usize = 8;

/// The largest integer that JavaScript reads exactly.
const MAX_ID: i64 = 9_007_199_254_740_991;

/// How far the time of a task may be from the time of the test.
const BLUR: i64 = 5;

/// A user, and what belongs to it.
pub struct Owner {
    name: &'static str,
    /// By id, the moment each was made.
    tasks: BTreeMap<i64, String>,
    keys: usize,
}

impl Owner {
    pub fn new(name: &'static str) -> Self {
        Self { name, tasks: BTreeMap::new(), keys: 0 }
    }

    /// How many tasks there are.
    pub fn made(&self) -> usize {
        self.tasks.len()
    }

    /// Makes tasks, reads them all page by page, and changes one.
    pub fn work(&mut self, clock: &Clock, address: SocketAddr) {
        let token = TokenBuilder::valid(self.name)
            .claim("iat", clock.now())
            .claim("exp", clock.now() + 900)
            .build();
        let mut wire = Wire::with_token(address, &token, Duration::from_secs(20));
        let path = format!("/api/{}/tasks", self.name);
        let mut last = 0;
        for _ in 0..TASKS {
            let answer = wire.post(&path, &json!({"title": "A task"})).unwrap();
            last = self.remember(clock, &answer);
        }
        self.list(&mut wire, &path);
        change(clock, &mut wire, &format!("{path}/{last}"), &self.tasks[&last]);
        self.repeat(clock, &mut wire, &path);
    }

    /// A new task with the right time and an id that nothing else has.
    fn remember(&mut self, clock: &Clock, answer: &Answer) -> i64 {
        assert_eq!(answer.status, 201, "{answer:?}");
        let task = answer.json();
        let id = task["id"].as_i64().unwrap();
        assert!((1..=MAX_ID).contains(&id), "{answer:?}");
        assert_near(&task["created_at"], clock);
        let made_at = task["created_at"].as_str().unwrap().to_owned();
        let other = self.tasks.insert(id, made_at);
        assert_eq!(other, None, "{id} belongs to another task");
        id
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
                let moment = DateTime::parse_from_rfc3339(made_at).unwrap();
                listed.push((moment, task["id"].as_i64().unwrap(), made_at.to_owned()));
            }
            let link = answer.header("link").and_then(|link| link.split_once('<'));
            next = link.map(|(_, rest)| rest.split_once('>').unwrap().0.to_owned());
        }
        assert!(listed.is_sorted_by(|a, b| (a.0, a.1) > (b.0, b.1)), "{listed:?}");
        let found: BTreeMap<i64, String> =
            listed.into_iter().map(|(_, id, made_at)| (id, made_at)).collect();
        assert_eq!(found, self.tasks);
    }

    /// The same request twice with one key makes one task.
    fn repeat(&mut self, clock: &Clock, wire: &mut Wire, path: &str) {
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        let mut post =
            || wire.post_with_key(path, &json!({"title": "A keyed task"}), &key).unwrap();
        let (first, second) = (post(), post());
        self.remember(clock, &first);
        assert_eq!((second.status, second.json()), (201, first.json()));
    }
}

/// A change counts one version, moves `updated_at` to the clock and leaves `created_at` alone.
fn change(clock: &Clock, wire: &mut Wire, path: &str, made_at: &str) {
    for version in 2..4 {
        let title = json!({"title": format!("Version {version}")});
        let answer = wire.send("PATCH", path, Some(&title)).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("etag"), Some(format!("\"{version}\"").as_str()));
        let task = answer.json();
        assert_eq!(task["created_at"], made_at);
        assert_near(&task["updated_at"], clock);
        assert_eq!(wire.get(path).unwrap().json(), task);
    }
}

#[track_caller]
fn assert_near(time: &Value, clock: &Clock) {
    let seconds = DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap().timestamp();
    let now = clock.now();
    assert!((seconds - now).abs() <= BLUR, "{time} and not {now}");
}

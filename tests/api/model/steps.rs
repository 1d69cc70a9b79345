//! One thread of one user: what it does next, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::random::Random;
use super::shared::{Deeds, Shared};
use super::tasks::{ModelTask, made, members, seq};
use super::{Known, USERS};
use crate::support::{Answer, Client};

/// A keyed request and its first answer.
struct Keyed {
    key: String,
    body: Value,
    first: Answer,
}

/// A client and the model of the tasks it has made.
pub struct Thread<'a> {
    pub(super) client: Client,
    pub(super) known: &'a Known,
    pub user: usize,
    /// Among the threads of its user: keys are told apart by it, but not the keys of two users.
    number: usize,
    pub(super) random: Random,
    pub(super) tasks: BTreeMap<i64, ModelTask>,
    pub(super) gone: Vec<i64>,
    keyed: Vec<Keyed>,
    /// The numbers of its writes.
    numbers: Vec<i64>,
    done: BTreeSet<&'static str>,
}

impl<'a> Thread<'a> {
    pub fn new(
        client: Client,
        known: &'a Known,
        user: usize,
        number: usize,
        random: Random,
    ) -> Self {
        let (tasks, gone, keyed, numbers, done) = Default::default();
        Self { client, known, user, number, random, tasks, gone, keyed, numbers, done }
    }

    /// What it holds its tasks to be.
    pub fn tasks(&self) -> impl Iterator<Item = Value> + '_ {
        self.tasks.values().map(|task| task.shown.clone())
    }

    /// The numbers of its writes, in their order.
    pub fn numbers(&self) -> &[i64] {
        &self.numbers
    }

    /// The kinds of operations it has done.
    pub fn kinds(&self) -> BTreeSet<&'static str> {
        self.done.clone()
    }

    /// The completed tasks have been cleared: how many were its own?
    pub fn forget_completed(&mut self) -> usize {
        let before = self.tasks.len();
        self.tasks.retain(|id, task| {
            if task.is_completed() {
                self.gone.push(*id);
            }
            !task.is_completed()
        });
        before - self.tasks.len()
    }

    /// One random operation.
    pub fn step(&mut self, shared: &Shared, deeds: &mut Deeds) {
        let choice = self.random.below(100);
        let nothing_yet = self.tasks.is_empty() || self.gone.is_empty() || self.keyed.is_empty();
        let kind = match choice {
            0..=13 => self.create(),
            14..=21 => self.create_keyed(),
            _ if nothing_yet => self.begin(),
            22..=27 => self.repeat(),
            28..=39 => self.read(),
            40..=43 => self.list(),
            44..=45 => self.walk(),
            46..=61 => self.edit(),
            62..=69 => self.complete(),
            70..=76 => self.delete(),
            77..=80 => self.knock_at_a_deleted_one(),
            81..=84 => self.reach_for_a_foreign_one(),
            85..=88 => self.enter_a_foreign_path(),
            89..=92 => self.be_wrong(),
            _ => {
                if let Some(answer) = shared.step(&self.client, &mut self.random, deeds) {
                    self.wrote(&answer);
                }
                "shared"
            }
        };
        self.done.insert(kind);
    }

    /// Something of each kind, so that every operation has something to work on.
    fn begin(&mut self) -> &'static str {
        self.create_keyed();
        self.create();
        if !self.tasks.is_empty() {
            self.delete();
        }
        self.create()
    }

    /// Whatever this thread writes has a greater number than what it has written before.
    #[track_caller]
    pub(super) fn wrote(&mut self, answer: &Answer) {
        let (last, seq) = (self.numbers.last().copied().unwrap_or_default(), seq(answer));
        assert!(seq > last, "{seq} after {last}");
        self.numbers.push(seq);
    }

    pub(super) fn name(&self) -> &'static str {
        USERS[self.user]
    }

    pub(super) fn path(&self) -> String {
        format!("/api/{}/tasks", self.name())
    }

    pub(super) fn path_of(&self, id: i64) -> String {
        format!("{}/{id}", self.path())
    }

    /// One of its tasks, for as long as it is out of the model.
    pub(super) fn take(&mut self) -> ModelTask {
        let place = self.random.below(self.tasks.len());
        let id = *self.tasks.keys().nth(place).unwrap();
        self.tasks.remove(&id).unwrap()
    }

    pub(super) fn put_back(&mut self, task: ModelTask) {
        self.tasks.insert(task.id(), task);
    }

    /// Whether the answer is this task as the model has it.
    #[track_caller]
    pub(super) fn is(answer: &Answer, task: &ModelTask) {
        assert_eq!(answer.json(), task.shown, "{answer:?}");
        assert_eq!(answer.header("etag"), Some(task.etag().as_str()), "{answer:?}");
    }

    fn learn(&mut self, answer: &Answer, body: &Value) {
        let task = made(self.name(), body, answer);
        self.wrote(answer);
        Self::is(answer, &task);
        let location = self.path_of(task.id());
        assert_eq!(answer.header("location"), Some(location.as_str()));
        self.known.ids[self.user].lock().unwrap().push(task.id());
        assert!(self.tasks.insert(task.id(), task).is_none(), "an id was used twice");
    }

    pub(super) fn create(&mut self) -> &'static str {
        let body = members(&mut self.random, true);
        let room = &self.known.rooms[self.user];
        let Some(answer) = room.create(|| self.client.post(&self.path(), &body)) else {
            return "create above the limit";
        };
        self.learn(&answer, &body);
        "create"
    }

    fn post_keyed(&self, key: &str, body: &Value) -> Answer {
        self.client.with_header("Idempotency-Key", key).post(&self.path(), body)
    }

    fn create_keyed(&mut self) -> &'static str {
        let key = format!("{}-{}", self.number, self.keyed.len());
        let body = members(&mut self.random, true);
        let room = &self.known.rooms[self.user];
        let Some(first) = room.create(|| self.post_keyed(&key, &body)) else {
            return "create keyed above the limit";
        };
        self.learn(&first, &body);
        self.keyed.push(Keyed { key, body, first });
        "create keyed"
    }

    fn repeat(&mut self) -> &'static str {
        let Keyed { key, body, first } = &self.keyed[self.random.below(self.keyed.len())];
        if self.random.percent(30) {
            let mut other = body.clone();
            other["title"] = json!("another");
            assert_eq!(self.post_keyed(key, &other).expect(422).code(), "idempotency_key_reused");
            return "repeat with another body";
        }
        let again = self.post_keyed(key, body).expect(201);
        assert_eq!(again.body, first.body);
        for name in ["location", "etag"] {
            assert_eq!(again.header(name), first.header(name));
        }
        "repeat"
    }

    fn read(&mut self) -> &'static str {
        let task = self.take();
        let path = self.path_of(task.id());
        if self.random.percent(20) {
            self.client.with_header("If-None-Match", &task.etag()).get(&path).expect(304);
        } else {
            Self::is(&self.client.get(&path).expect(200), &task);
        }
        self.put_back(task);
        "read"
    }
}

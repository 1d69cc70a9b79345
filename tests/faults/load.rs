//! Writers: each sends one write after another, of all kinds, and keeps a journal.

use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::journal::{Fate, Journal, Write};
use crate::support::Client;

/// With more tasks than this a writer deletes one: every one of them is read again in each round.
const ENOUGH: usize = 40;

/// A client that writes without a pause.
pub struct Writer {
    pub journal: Journal,
    random: Rng,
    serial: usize,
}

impl Writer {
    /// As many as that, each a user of its own.
    pub fn several(count: usize, seed: u64) -> Vec<Self> {
        let mut random = Rng::with_seed(seed);
        let writer = |number| Self {
            journal: Journal::new(format!("writer-{number}")),
            random: random.fork(),
            serial: 0,
        };
        (0..count).map(writer).collect()
    }

    /// Sends one random write.
    pub fn write(&mut self, client: &Client) -> Fate {
        let write = self.choose();
        self.journal.perform(client, write)
    }

    /// Writes until there is no answer, and counts what gets one.
    pub fn write_until_cut(&mut self, client: &Client, answered: &AtomicUsize) {
        while self.write(client) != Fate::Cut {
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn choose(&mut self) -> Write {
        let certain = self.journal.certain();
        let Some((id, etag)) = self.random.choice(certain.iter().copied()) else {
            return self.create();
        };
        let if_match = match self.random.u8(..4) {
            0 => Some("\"999999999\"".to_owned()),
            1 | 2 => Some(etag.to_owned()),
            _ => None,
        };
        let full = certain.len() > ENOUGH;
        match self.random.u8(..10) {
            0..4 if !full => self.create(),
            0..5 => Write::Delete { id, if_match },
            5 | 6 => Write::Toggle { id },
            _ => Write::Change { id, changes: self.content(), if_match },
        }
    }

    fn create(&mut self) -> Write {
        let body = self.content();
        let key = self.random.bool().then(|| format!("key-{}", self.serial));
        Write::Create { body, key }
    }

    /// Members for a task, with a title that is used once.
    fn content(&mut self) -> Value {
        self.serial += 1;
        let mut body = json!({"title": format!("{} {}", self.journal.user(), self.serial)});
        if self.random.bool() {
            let tags = ["home", "work", "a b", "Ä", "🦀"];
            let some = self.random.usize(..4);
            body["tags"] = json!(self.random.choose_multiple(tags, some));
        }
        if self.random.bool() {
            body["priority"] = json!(self.random.choice(["low", "medium", "high"]));
        }
        if self.random.bool() {
            body["description"] = json!("x".repeat(self.random.usize(..1000)));
        }
        if self.random.bool() {
            body["completed"] = json!(self.random.bool());
        }
        body
    }
}

//! What one client knows of its tasks: what the server acknowledged, what it refused, and what stayed
//! without an answer. Each client writes as a user of its own, so that no other client changes them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::client::tasks_of;
use crate::support::{Answer, Client};

/// One request that changes something.
#[derive(Clone, Debug)]
pub enum Write {
    /// A new task. Its title is unlike any other, so that it is known again.
    Create { body: Value, key: Option<String> },
    /// A PATCH.
    Change { id: i64, changes: Value, if_match: Option<String> },
    /// The other value of `completed`.
    Toggle { id: i64 },
    /// No task any more.
    Delete { id: i64, if_match: Option<String> },
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A 2xx: it must never be lost.
    Acknowledged,
    /// A 412: it must have changed nothing.
    Refused,
    /// A 503, which may be said of a commit that did arrive: wholly there, or not at all.
    Unavailable,
    /// No answer at all: the same.
    Cut,
}

/// A task as an answer showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    task: Value,
    etag: String,
}

/// A write without an answer, the task before it, and the number of the last write that was acknowledged before.
#[derive(Debug)]
struct Doubt {
    write: Write,
    before: Option<Seen>,
    last: i64,
}

/// How many writes had which fate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub acknowledged: usize,
    pub refused: usize,
    pub in_doubt: usize,
    /// Of those in doubt, how many turned out to be stored.
    pub stored: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.in_doubt += other.in_doubt;
        self.stored += other.stored;
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} writes acknowledged, 0 lost, 0 duplicated; {} refused; {} without a yes, {} of them stored",
            self.acknowledged, self.refused, self.in_doubt, self.stored
        )
    }
}

/// The journal of one client.
#[derive(Debug)]
pub struct Journal {
    user: String,
    tasks: BTreeMap<i64, Seen>,
    doubts: Vec<Doubt>,
    /// The greatest number of a write that is certain.
    last: i64,
    /// What has happened so far.
    pub counts: Counts,
}

impl Journal {
    pub fn new(user: String) -> Self {
        let (tasks, doubts, last, counts) = Default::default();
        Self { user, tasks, doubts, last, counts }
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    /// The tasks that are certainly there, each with its `ETag`.
    pub fn certain(&self) -> Vec<(i64, &str)> {
        self.tasks.iter().map(|(id, seen)| (*id, seen.etag.as_str())).collect()
    }

    /// Sends a write once and notes what became of it.
    pub fn perform(&mut self, client: &Client, write: Write) -> Fate {
        let answer = self.send(client, &write);
        let fate = match answer.as_ref().map(|answer| answer.status) {
            Some(200 | 201 | 204) => Fate::Acknowledged,
            Some(412) => Fate::Refused,
            Some(503) => Fate::Unavailable,
            None => Fate::Cut,
            Some(_) => panic!("{write:?} got {answer:?}"),
        };
        let retry_after = answer.as_ref().and_then(|answer| answer.header("retry-after"));
        assert_eq!(fate == Fate::Unavailable, retry_after.is_some(), "{write:?} got {answer:?}");
        match (fate, answer) {
            (Fate::Acknowledged, Some(answer)) => self.acknowledged(&write, &answer),
            (Fate::Refused, _) => self.counts.refused += 1,
            _ => {
                let before = write.id().and_then(|id| self.tasks.remove(&id));
                self.doubts.push(Doubt { write, before, last: self.last });
                self.counts.in_doubt += 1;
            }
        }
        fate
    }

    fn send(&self, client: &Client, write: &Write) -> Option<Answer> {
        let base = tasks_of(&self.user);
        let json = client.with_header("Content-Type", "application/json");
        let sent = match write {
            Write::Create { body, key } => {
                let key = key.as_ref().map(|key| json.with_header("Idempotency-Key", key));
                let bytes = body.to_string();
                key.unwrap_or(json).try_send("POST", &base, Some(bytes.as_bytes()))
            }
            Write::Change { id, changes, if_match } => {
                let tag = if_match.as_ref().map(|tag| json.with_header("If-Match", tag));
                let bytes = changes.to_string();
                let path = format!("{base}/{id}");
                tag.unwrap_or(json).try_send("PATCH", &path, Some(bytes.as_bytes()))
            }
            Write::Toggle { id } => {
                client.try_send("PATCH", &format!("{base}/{id}/complete"), None)
            }
            Write::Delete { id, if_match } => {
                let tag = if_match.as_ref().map(|tag| client.with_header("If-Match", tag));
                tag.as_ref().unwrap_or(client).try_send("DELETE", &format!("{base}/{id}"), None)
            }
        };
        sent.ok()
    }

    fn acknowledged(&mut self, write: &Write, answer: &Answer) {
        self.counts.acknowledged += 1;
        let before = write.id().map(|id| self.tasks.remove(&id).expect("a task of the journal"));
        if matches!(write, Write::Delete { .. }) {
            return;
        }
        let after = Seen::of(answer);
        assert!(write.made(before.as_ref(), &after), "{write:?} on {before:?} answered {after:?}");
        assert!(after.seq() > self.last, "{write:?} has not a greater number than {}", self.last);
        self.last = after.seq();
        assert!(self.tasks.insert(after.id(), after).is_none(), "an id given twice: {answer:?}");
    }

    /// With the server back: fails unless every acknowledged write is there as it was acknowledged,
    /// every doubtful one wholly or not at all, and nothing else. Keyed requests are sent again.
    pub fn settle(&mut self, client: &Client) {
        let mut listed = self.list(client);
        for Doubt { write, before, last } in std::mem::take(&mut self.doubts) {
            let found = match (&write, &before) {
                (Write::Create { body, .. }, _) => same_title(&listed, &body["title"]),
                (_, Some(before)) => listed.get(&before.id()).map(|_| before.id()),
                (_, None) => unreachable!("only a task of the journal is changed"),
            };
            let mut now = found.map(|id| self.read(client, id));
            let stored = match &now {
                None => matches!(write, Write::Delete { .. }),
                Some(after) => write.made(before.as_ref(), after) && after.seq() > last,
            };
            let untouched = now == before;
            assert!(stored || untouched, "half done: {write:?} on {before:?} left {now:?}");
            self.counts.stored += usize::from(stored);
            if matches!(write, Write::Create { key: Some(_), .. }) {
                let answer = self.send(client, &write).expect("an answer").expect(201);
                let again = Seen::of(&answer);
                let same = now.as_ref().is_none_or(|first| *first == again);
                assert!(same && write.made(None, &again), "{write:?}: {now:?}, then {again:?}");
                listed.insert(again.id(), again.task.clone());
                now = Some(again);
            }
            if let Some(seen) = now {
                self.last = self.last.max(seen.seq());
                self.tasks.insert(seen.id(), seen);
            }
        }
        let expected: BTreeMap<i64, Value> =
            self.tasks.iter().map(|(id, seen)| (*id, seen.task.clone())).collect();
        assert_eq!(self.list(client), expected, "the tasks of {}", self.user);
        let numbers: BTreeSet<i64> = self.tasks.values().map(Seen::seq).collect();
        assert_eq!(numbers.len(), self.tasks.len(), "a number was given twice");
        for (id, seen) in &self.tasks {
            assert_eq!(self.read(client, *id), *seen);
        }
    }

    fn read(&self, client: &Client, id: i64) -> Seen {
        Seen::of(&client.get(&format!("{}/{id}", tasks_of(&self.user))).expect(200))
    }

    /// All tasks of the user, page by page.
    fn list(&self, client: &Client) -> BTreeMap<i64, Value> {
        let mut tasks = BTreeMap::new();
        let mut path = format!("{}?limit=200", tasks_of(&self.user));
        loop {
            let answer = client.get(&path).expect(200);
            for task in answer.json().as_array().expect("a list") {
                let twice = tasks.insert(task["id"].as_i64().expect("an id"), task.clone());
                assert_eq!(twice, None, "listed twice");
            }
            let Some(link) = answer.header("link") else { return tasks };
            let next = link.split(['<', '>']).nth(1).expect("a target");
            path = next[next.find("/api/").expect("a path")..].to_owned();
        }
    }
}

impl Seen {
    fn of(answer: &Answer) -> Self {
        let etag = answer.header("etag").expect("an ETag").to_owned();
        Self { task: answer.json(), etag }
    }

    fn id(&self) -> i64 {
        self.task["id"].as_i64().expect("an id")
    }

    /// The number of the task's last write among all writes of its user.
    fn seq(&self) -> i64 {
        self.etag.trim_matches('"').parse().expect("a number")
    }
}

impl Write {
    fn id(&self) -> Option<i64> {
        match self {
            Self::Create { .. } => None,
            Self::Change { id, .. } | Self::Toggle { id } | Self::Delete { id, .. } => Some(*id),
        }
    }

    /// Whether exactly this write, and all of it, leads from the one state to the other.
    fn made(&self, before: Option<&Seen>, after: &Seen) -> bool {
        let mut expected = before.map_or_else(
            || json!({"description": null, "completed": false, "priority": "medium", "tags": [], "due_date": null}),
            |seen| seen.task.clone(),
        );
        let changes = match self {
            Self::Create { body, .. } => body.clone(),
            Self::Change { changes, .. } => changes.clone(),
            Self::Toggle { .. } => json!({"completed": expected["completed"] == false}),
            Self::Delete { .. } => return false,
        };
        for (name, value) in changes.as_object().expect("members") {
            expected[name] = value.clone();
        }
        // The server's own members: given once, except for the time of the change.
        let given: &[&str] = if before.is_some() {
            &["updated_at", "version"]
        } else {
            &["id", "user_id", "created_at", "updated_at", "version"]
        };
        for name in given {
            expected[*name] = after.task[*name].clone();
        }
        expected == after.task && after.seq() > before.map_or(0, Seen::seq)
    }
}

/// The id of the one task with this title.
fn same_title(listed: &BTreeMap<i64, Value>, title: &Value) -> Option<i64> {
    let mut ids = listed.iter().filter(|(_, task)| task["title"] == *title).map(|(id, _)| *id);
    let first = ids.next();
    assert_eq!(ids.next(), None, "{title} is there twice");
    first
}

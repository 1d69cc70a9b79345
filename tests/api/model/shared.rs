//! Three tasks that all threads of a user write. The order of the writes is told by their numbers alone,
//! and none may be lost.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::random::Random;
use super::room::Room;
use super::tasks::seq;
use crate::support::client::tasks_of;
use crate::support::{Answer, Client};

/// A task and the number of its creation.
struct Made {
    path: String,
    seq: i64,
}

/// The three.
pub struct Shared {
    flipped: Made,
    counted: Made,
    written: Made,
}

/// What a thread has done to them: by the number of each write, what it wrote.
#[derive(Default)]
pub struct Deeds {
    flips: Vec<(i64, bool)>,
    counts: Vec<(i64, i64)>,
    writes: Vec<(i64, Value)>,
    /// What it has read of the counted one.
    reads: BTreeSet<(i64, i64)>,
}

fn count(answer: &Answer) -> i64 {
    answer.json()["title"].as_str().unwrap().parse().unwrap()
}

/// What all threads wrote, in the order of the numbers, none of which stands twice.
fn in_order<T: Clone>(deeds: &[&Deeds], of: fn(&Deeds) -> &Vec<(i64, T)>) -> BTreeMap<i64, T> {
    let all = || deeds.iter().flat_map(|deeds| of(deeds));
    let ordered: BTreeMap<i64, T> = all().cloned().collect();
    assert_eq!(ordered.len(), all().count(), "a number was given twice");
    ordered
}

impl Shared {
    pub fn make(client: &Client, user: &str, room: &Room) -> Self {
        let make = |title: &str| {
            let post = || client.post(&tasks_of(user), &json!({"title": title}));
            let answer = room.create(post).expect("room for those that were deleted before");
            Made { path: answer.header("location").unwrap().to_owned(), seq: seq(&answer) }
        };
        Self { flipped: make("flip"), counted: make("0"), written: make("write") }
    }

    /// One write of one of them. Gives the answer, unless another write came between.
    pub fn step(&self, client: &Client, random: &mut Random, deeds: &mut Deeds) -> Option<Answer> {
        match random.below(3) {
            0 => {
                let path = format!("{}/complete", self.flipped.path);
                let answer = client.send("PATCH", &path, None).expect(200);
                deeds.flips.push((seq(&answer), answer.json()["completed"] == true));
                Some(answer)
            }
            1 => self.add_one(client, deeds),
            _ => {
                let body = json!({"tags": [random.below(100).to_string()]});
                let answer = client.patch(&self.written.path, &body).expect(200);
                assert_eq!(answer.json()["tags"], body["tags"]);
                deeds.writes.push((seq(&answer), body["tags"].clone()));
                Some(answer)
            }
        }
    }

    fn add_one(&self, client: &Client, deeds: &mut Deeds) -> Option<Answer> {
        let path = &self.counted.path;
        let read = client.get(path).expect(200);
        deeds.reads.insert((seq(&read), count(&read)));
        let strict = client.with_header("If-Match", read.header("etag").unwrap());
        let answer = strict.put(path, &json!({"title": (count(&read) + 1).to_string()}));
        if answer.status == 200 {
            assert_eq!(count(&answer), count(&read) + 1);
            deeds.counts.push((seq(&answer), count(&answer)));
            return Some(answer);
        }
        assert!(seq(&answer.expect(412)) > seq(&read));
        None
    }

    /// Every write of every thread is there, and in the order of the numbers each has the one before it
    /// to build on.
    pub fn check_and_delete(&self, client: &Client, room: &Room, deeds: &[&Deeds]) {
        let flips = in_order(deeds, |deeds| &deeds.flips);
        let alternating =
            flips.values().enumerate().all(|(n, completed)| *completed == (n % 2 == 0));
        assert!(alternating, "{flips:?}");
        let flipped = self.flipped.delete(client, room, flips.keys().last());
        assert_eq!(flipped["completed"], flips.len() % 2 == 1);

        let counts = in_order(deeds, |deeds| &deeds.counts);
        assert!(
            counts.values().copied().eq(1..=i64::try_from(counts.len()).unwrap()),
            "{counts:?}"
        );
        let counted = self.counted.delete(client, room, counts.keys().last());
        assert_eq!(counted["title"], counts.len().to_string());
        for (seq, count) in deeds.iter().flat_map(|deeds| &deeds.reads) {
            let written = if *seq == self.counted.seq { Some(&0) } else { counts.get(seq) };
            assert_eq!(Some(count), written, "a count and its number are one write: {seq}");
        }

        let writes = in_order(deeds, |deeds| &deeds.writes);
        let written = self.written.delete(client, room, writes.keys().last());
        assert_eq!(&written["tags"], writes.values().last().unwrap_or(&json!([])));
    }
}

impl Made {
    /// Gives the task as its last write left it, or its creation, and deletes it.
    fn delete(&self, client: &Client, room: &Room, last: Option<&i64>) -> Value {
        let end = client.get(&self.path).expect(200);
        assert_eq!(seq(&end), *last.unwrap_or(&self.seq), "{}", self.path);
        let strict = client.with_header("If-Match", end.header("etag").unwrap());
        room.delete(|| strict.delete(&self.path).expect(204));
        end.json()
    }
}

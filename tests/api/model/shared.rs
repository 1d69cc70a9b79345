//! Three tasks that all threads of a user write. Who was when is unknown, but nothing may be lost.

use std::collections::BTreeSet;

use serde_json::json;

use super::random::Random;
use crate::support::client::new_task;
use crate::support::{Answer, Client};

/// Their paths.
pub struct Shared {
    flipped: String,
    counted: String,
    written: String,
}

/// What a thread has done to them, by the version that each write made.
#[derive(Default)]
pub struct Deeds {
    flips: Vec<i64>,
    counts: Vec<i64>,
    writes: Vec<i64>,
}

fn version(answer: &Answer) -> i64 {
    answer.header("etag").unwrap_or_default().trim_matches('"').parse().unwrap()
}

impl Shared {
    pub fn make(client: &Client, user: &str) -> Self {
        let make = |title: &str| new_task(client, user, title);
        Self { flipped: make("flip"), counted: make("0"), written: make("write") }
    }

    pub fn step(&self, client: &Client, random: &mut Random, deeds: &mut Deeds) {
        match random.below(3) {
            0 => {
                let path = format!("{}/complete", self.flipped);
                let answer = client.send("PATCH", &path, None).expect(200);
                // Odd versions are those after an even number of flips.
                assert_eq!(answer.json()["completed"], version(&answer) % 2 == 0);
                deeds.flips.push(version(&answer));
            }
            1 => {
                let read = client.get(&self.counted).expect(200);
                let number: i64 = read.json()["title"].as_str().unwrap().parse().unwrap();
                assert_eq!(version(&read), number + 1, "a count and its version are one write");
                let strict = client.with_header("If-Match", read.header("etag").unwrap());
                let body = json!({"title": (number + 1).to_string()});
                let answer = strict.put(&self.counted, &body);
                if answer.status == 200 {
                    deeds.counts.push(version(&answer));
                } else {
                    assert!(version(&answer.expect(412)) > version(&read));
                }
            }
            _ => {
                let body = json!({"tags": [random.below(100).to_string()]});
                let answer = client.patch(&self.written, &body).expect(200);
                assert_eq!(answer.json()["tags"], body["tags"]);
                deeds.writes.push(version(&answer));
            }
        }
    }

    /// Every write of every thread is there, each as a version of its own.
    pub fn check_and_delete(&self, client: &Client, deeds: &[&Deeds]) {
        let check = |path: &str, of: fn(&Deeds) -> &Vec<i64>| {
            let versions: BTreeSet<i64> =
                deeds.iter().flat_map(|deeds| of(deeds)).copied().collect();
            let writes =
                i64::try_from(deeds.iter().map(|deeds| of(deeds).len()).sum::<usize>()).unwrap();
            assert!(versions.into_iter().eq(2..=writes + 1), "{path}");
            let end = client.get(path).expect(200);
            assert_eq!(version(&end), writes + 1, "{path}");
            client.with_header("If-Match", end.header("etag").unwrap()).delete(path).expect(204);
            (end.json(), writes)
        };
        let (flipped, flips) = check(&self.flipped, |deeds| &deeds.flips);
        assert_eq!(flipped["completed"], flips % 2 == 1);
        let (counted, counts) = check(&self.counted, |deeds| &deeds.counts);
        assert_eq!(counted["title"], counts.to_string());
        check(&self.written, |deeds| &deeds.writes);
    }
}

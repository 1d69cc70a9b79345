//! Clients that read and write all the time, check every answer, and note how each request ended.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::Answer;
use crate::wire::Wire;

/// How many tasks a client keeps; it deletes the oldest.
const KEPT: usize = 20;

/// How one request ended.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Method and what was meant.
    pub request: String,
    pub started: Instant,
    pub took: Duration,
    pub outcome: Outcome,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What the request asked for, checked to its last member.
    Right,
    /// 503 with `Retry-After`: the client may try again.
    Unavailable,
    /// Anything else, in words.
    Wrong(String),
}

/// Running clients.
pub struct Traffic {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<Sample>>>,
}

impl Traffic {
    /// Starts clients that pause so long between two requests and wait `timeout` for an answer.
    pub fn start(
        address: SocketAddr,
        clients: usize,
        pause: Duration,
        timeout: Duration,
        seed: u64,
    ) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let clients = (0..clients)
            .map(|number| {
                let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
                let name = format!("traffic-{number}");
                let seed = seed.wrapping_add(u64::try_from(number).unwrap());
                let mut client = TrafficClient::new(address, &name, timeout, seed);
                std::thread::spawn(move || {
                    let mut samples = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        samples.push(client.step());
                        answered.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(pause);
                    }
                    samples
                })
            })
            .collect();
        Self { stop, answered, clients }
    }

    /// How many requests have ended so far.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Ends the clients after their current request and gives what they saw, in the order of time.
    pub fn stop(self) -> Vec<Sample> {
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.clients.into_iter().flat_map(|client| client.join().unwrap());
        let mut samples: Vec<Sample> = samples.collect();
        samples.sort_by_key(|sample| sample.started);
        samples
    }
}

/// One user at work: makes, reads, lists, changes and deletes tasks, and remembers what was acknowledged.
pub struct TrafficClient {
    wire: Wire,
    path: String,
    random: fastrand::Rng,
    tasks: Vec<(i64, String)>,
    made: u64,
}

impl TrafficClient {
    pub fn new(address: SocketAddr, user: &str, timeout: Duration, seed: u64) -> Self {
        Self {
            wire: Wire::new(address, user, timeout),
            path: format!("/api/{user}/tasks"),
            random: fastrand::Rng::with_seed(seed),
            tasks: Vec::new(),
            made: 0,
        }
    }

    /// One request.
    pub fn step(&mut self) -> Sample {
        let started = Instant::now();
        let (request, outcome) = if self.tasks.len() >= KEPT {
            ("DELETE task", self.delete())
        } else if self.tasks.is_empty() {
            ("POST task", self.create())
        } else {
            match self.random.u8(0..10) {
                0..2 => ("POST task", self.create()),
                2..4 => ("PATCH task", self.change()),
                4..7 => ("GET task", self.read()),
                _ => ("GET list", self.list()),
            }
        };
        Sample { request: request.to_owned(), started, took: started.elapsed(), outcome }
    }

    fn title(&mut self) -> String {
        self.made += 1;
        format!("{}-{:08x}", self.made, self.random.u32(..))
    }

    fn create(&mut self) -> Outcome {
        let title = self.title();
        let answer = self.wire.post(&self.path, &json!({"title": title}));
        judge(answer, |answer| {
            let id = answer.json()["id"].as_i64().unwrap_or_default();
            let right = answer.status == 201 && answer.json()["title"] == title.as_str() && id > 0;
            if right {
                self.tasks.push((id, title));
            }
            right
        })
    }

    fn change(&mut self) -> Outcome {
        let title = self.title();
        let index = self.random.usize(..self.tasks.len());
        let path = format!("{}/{}", self.path, self.tasks[index].0);
        let answer = self.wire.send("PATCH", &path, Some(&json!({"title": title})));
        let outcome = judge(answer, |answer| {
            answer.status == 200 && answer.json()["title"] == title.as_str()
        });
        if outcome == Outcome::Right {
            self.tasks[index].1 = title;
        } else {
            // Either title may be the one that is stored now.
            self.tasks.swap_remove(index);
        }
        outcome
    }

    fn read(&mut self) -> Outcome {
        let (id, title) = self.random.choice(&self.tasks).cloned().unwrap();
        let answer = self.wire.get(&format!("{}/{id}", self.path));
        judge(answer, |answer| {
            let task = answer.json();
            answer.status == 200 && task["title"] == title.as_str() && task["id"] == id
        })
    }

    fn list(&mut self) -> Outcome {
        let answer = self.wire.get(&format!("{}?limit=200", self.path));
        let tasks = &self.tasks;
        judge(answer, |answer| {
            let listed = answer.json();
            let listed = listed.as_array().map(Vec::as_slice).unwrap_or_default();
            let has = |(id, title): &(i64, String)| {
                listed.iter().any(|task| task["id"] == *id && task["title"] == title.as_str())
            };
            answer.status == 200 && tasks.iter().all(has)
        })
    }

    fn delete(&mut self) -> Outcome {
        let (id, _) = self.tasks.remove(0);
        let answer = self.wire.send("DELETE", &format!("{}/{id}", self.path), None);
        judge(answer, |answer| answer.status == 204)
    }
}

fn judge(answer: std::io::Result<Answer>, is_right: impl FnOnce(&Answer) -> bool) -> Outcome {
    match answer {
        Ok(answer) if answer.status == 503 && answer.header("retry-after").is_some() => {
            Outcome::Unavailable
        }
        Ok(answer) if answer.status < 500 && is_right(&answer) => Outcome::Right,
        Ok(answer) => Outcome::Wrong(format!("{answer:?}")),
        Err(error) => Outcome::Wrong(format!("{error} ({:?})", error.kind())),
    }
}

/// The value below which this share of the durations lies; zero of none.
pub fn quantile(durations: impl IntoIterator<Item = Duration>, share: f64) -> Duration {
    let mut sorted: Vec<Duration> = durations.into_iter().collect();
    sorted.sort_unstable();
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank among far fewer than 2^52 samples"
    )]
    let rank = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1));
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// Fails at the first request that ended in any way but those two, or took longer than `limit`.
#[track_caller]
pub fn assert_right_or_unavailable(samples: &[Sample], limit: Duration) {
    for sample in samples {
        let Sample { request, took, outcome, .. } = sample;
        assert!(!matches!(outcome, Outcome::Wrong(_)), "{request} after {took:?}: {outcome:?}");
        assert!(*took <= limit, "{request} took {took:?} and not {limit:?}: {outcome:?}");
    }
}

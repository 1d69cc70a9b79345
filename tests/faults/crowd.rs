//! Readers and writers that go on while the database is away, and clients that follow the changes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::following::page_unless_away;
use crate::journal::{Counts, Fate};
use crate::load::Writer;
use crate::support::client::{agent, tasks_of};
use crate::support::{Client, Follower, TokenBuilder};

const READERS: usize = 3;
const FOLLOWERS: usize = 2;

/// A page of the writers' tasks that is always one body. One of more than 48 KiB may be cut off (`outage::cut`).
const SHORT_PAGE: &str = "limit=25";

/// What a client does between a 503 and its next attempt; far less than `Retry-After` asks for.
const PAUSE: Duration = Duration::from_millis(20);

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Whose it was.
    pub client: usize,
    /// Whether it only read.
    pub read: bool,
    pub started: Instant,
    pub ended: Instant,
    /// Whether the answer was a 503.
    pub failed: bool,
}

/// Some clients.
pub struct Crowd {
    writers: Vec<Writer>,
    followers: Vec<Follower>,
    pause: Duration,
}

fn as_user(address: SocketAddr, user: &str) -> Client {
    Client::new(agent(), address, Some(TokenBuilder::valid(user).build()))
}

impl Crowd {
    /// With as many writers, three readers, and two who follow the changes of a writer.
    pub fn new(writers: usize, seed: u64) -> Self {
        let writers = Writer::several(writers, seed);
        let followed = writers.iter().take(FOLLOWERS);
        let followers = followed.map(|writer| Follower::new(writer.journal.user())).collect();
        Self { writers, followers, pause: Duration::ZERO }
    }

    /// With a pause after each answer, for a machine that has much else to do.
    pub fn pausing(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Keeps all clients busy until `happening` is over; what they met, and what that gave.
    pub fn busy_while<T>(
        &mut self,
        address: SocketAddr,
        happening: impl FnOnce(&Signal) -> T,
    ) -> (Vec<Sample>, T) {
        let signal = Signal { pause: self.pause, ..Signal::default() };
        std::thread::scope(|scope| {
            let signal = &signal;
            let mut threads = Vec::new();
            for (number, writer) in self.writers.iter_mut().enumerate() {
                let client = as_user(address, writer.journal.user());
                let mut write = move || match writer.write(&client) {
                    Fate::Cut => panic!("no answer at all"),
                    fate => fate == Fate::Unavailable,
                };
                threads.push(scope.spawn(move || signal.repeat(number, false, &mut write)));
            }
            let writers = threads.len();
            for number in 0..READERS {
                let user = format!("writer-{number}");
                let client = as_user(address, &user);
                let path = format!("{}?{SHORT_PAGE}", tasks_of(&user));
                let mut read = move || {
                    let answer = client.get(&path);
                    assert!(answer.status == 503 || answer.status == 200, "{answer:?}");
                    assert_eq!(answer.status == 503, answer.header("retry-after").is_some());
                    answer.status == 503
                };
                threads.push(scope.spawn(move || signal.repeat(writers + number, true, &mut read)));
            }
            for (number, follower) in self.followers.iter_mut().enumerate() {
                let client = as_user(address, &follower.user);
                let mut read = move || page_unless_away(follower, &client, 5).is_none();
                let number = writers + READERS + number;
                threads.push(scope.spawn(move || signal.repeat(number, true, &mut read)));
            }
            // However it ends, the clients must not go on for ever.
            let end = End(signal);
            let outcome = happening(signal);
            drop(end);
            let samples = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
            (samples, outcome)
        })
    }

    /// Compares every journal with what is there, and what every follower has: it goes on from the token that it had
    /// when the database went away.
    pub fn settle(&mut self, address: SocketAddr) {
        for writer in &mut self.writers {
            let client = as_user(address, writer.journal.user());
            writer.journal.settle(&client);
        }
        for follower in &mut self.followers {
            let client = as_user(address, &follower.user);
            follower.catch_up(&client, 7);
            follower.assert_complete(&client);
        }
    }

    /// Of all writers together.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.writers.iter().for_each(|writer| counts += writer.journal.counts);
        counts
    }
}

/// What the clients are to do.
#[derive(Default)]
pub struct Signal {
    quiet: AtomicBool,
    over: AtomicBool,
    pause: Duration,
}

impl Signal {
    /// Whether no client is to send anything for now.
    pub fn quiet(&self, quiet: bool) {
        self.quiet.store(quiet, Ordering::Relaxed);
    }

    fn repeat(&self, client: usize, read: bool, request: &mut dyn FnMut() -> bool) -> Vec<Sample> {
        let mut samples = Vec::new();
        while !self.over.load(Ordering::Relaxed) {
            if self.quiet.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            let started = Instant::now();
            let failed = request();
            samples.push(Sample { client, read, started, ended: Instant::now(), failed });
            std::thread::sleep(if failed { PAUSE } else { self.pause });
        }
        samples
    }
}

struct End<'a>(&'a Signal);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

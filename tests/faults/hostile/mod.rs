//! Clients that mean harm: slow ones, idle ones in thousands, pipelines, and bytes that are hardly HTTP.
//! Clients that behave are served meanwhile as always, and nothing is left open.

pub mod crowd;
mod malformed;
mod pipeline;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::control::Control;
use crate::descriptors;
use crate::extent::{figure, ms, rounds, spread};
use crate::support::process::Process;
use crate::support::{Backend, app, seed};
use crate::traffic::{Outcome, Traffic, quantile};

/// Idle connections while the others attack.
const IDLE: usize = 5_000;

/// Slow headers and slow bodies, each so many at once.
const SLOW: usize = 200;

/// What 99 of 100 valid requests take at most, in a release build on a machine that does little else.
const QUICK: Duration = Duration::from_millis(50);

/// The same for a debug build beside other tests on two processors. A server whose workers are held up
/// by a slow client would exceed it all the same: a slow client takes `REQUEST_TIMEOUT_SECONDS`, here 2.
const QUICK_ENOUGH: Duration = Duration::from_secs(1);

#[test]
fn valid_requests_are_quick_among_slow_idle_and_malformed_ones() {
    descriptors::allow(12_000);
    let seed = seed();
    let (url, _folder) = app::fresh_url(Backend::Sqlite);
    let variables = [
        ("REQUEST_TIMEOUT_SECONDS", "2"),
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("AUTH_FAILURES_PER_MINUTE", "0"),
        ("DATABASE_MAX_CONNECTIONS", "4"),
        // One address holds more than its share here.
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let mut process = Process::serve(&url, &variables);
    let address = process.address();
    // Opens the pool and whatever else is opened once.
    valid_traffic(address, seed, Duration::from_secs(1));
    let before = settled(process.id(), 0);

    let idle = crowd::idle(address, IDLE);
    let held = descriptors::count(process.id()).0;
    assert!(held > IDLE, "only {held} of {IDLE} idle connections are open");
    let attack = Attack::start(address, seed);
    let length = Duration::from_secs(u64::try_from(rounds(6, 60)).unwrap());
    let control = Control::start();
    let valid = valid_traffic(address, seed, length);
    let allowance = control.allowance();
    let attacks = attack.stop();
    drop(idle);

    assert!(attacks.iter().all(|(_, count)| *count > 0), "an attacker did nothing: {attacks:?}");
    let usual = quantile(valid.iter().copied(), 0.99);
    let after = settled(process.id(), before.0);
    figure(
        "hostile clients",
        &format!(
            "{IDLE} idle connections and {attacks:?} in {}; valid requests {}, the machine's own share {}; sockets before {}, during {held}, after {}",
            ms(length),
            spread(&valid),
            ms(allowance),
            before.0,
            after.0,
        ),
    );
    let log = process.stderr();
    assert!(!log.contains("panicked"), "{log}");
    let fault = log.lines().find(|line| line.contains(" status=5"));
    assert_eq!(fault, None);
    assert!(after.0 <= before.0, "{after:?} and not {before:?}: sockets are left open");
    assert!(after.1 <= before.1 + 12, "{after:?} and not {before:?}: files are left open");
    let limit = [QUICK_ENOUGH, QUICK][rounds(0, 1)] + allowance;
    assert!(
        usual < limit,
        "99 of 100 valid requests took up to {usual:?}, {limit:?} is the limit here"
    );
}

/// What valid requests took; each had the right answer.
fn valid_traffic(address: SocketAddr, seed: u64, length: Duration) -> Vec<Duration> {
    let timeout = Duration::from_secs(20);
    let traffic = Traffic::start(address, 8, Duration::from_millis(20), timeout, seed);
    std::thread::sleep(length);
    let samples = traffic.stop();
    let failed: Vec<_> = samples.iter().filter(|s| s.outcome != Outcome::Right).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    samples.iter().map(|sample| sample.took).collect()
}

/// Descriptors of the process, once there are no more sockets than expected, or after a while.
fn settled(process: u32, expected: usize) -> (usize, usize) {
    let started = Instant::now();
    loop {
        let now = descriptors::count(process);
        if (expected > 0 && now.0 <= expected) || started.elapsed() > Duration::from_secs(10) {
            return now;
        }
        // Without an expectation: until two looks a second apart see the same.
        std::thread::sleep(Duration::from_secs(1));
        if expected == 0 && descriptors::count(process) == now {
            return now;
        }
    }
}

/// All attackers, each in a thread.
struct Attack {
    stop: Arc<AtomicBool>,
    attackers: Vec<Attacker>,
}

struct Attacker {
    name: &'static str,
    count: Arc<AtomicUsize>,
    thread: std::thread::JoinHandle<()>,
}

/// One turn of an attacker, and how much it did in it.
type Turn = Box<dyn FnMut() -> usize + Send>;

impl Attack {
    fn start(address: SocketAddr, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut slow_headers = crowd::Slow::headers(address, SLOW);
        let mut slow_bodies = crowd::Slow::bodies(address, SLOW);
        let (mut raw, mut lines) =
            (malformed::Attacker::new(address, seed), pipeline::Attacker::new(address));
        let turns: [(&'static str, Turn); 4] = [
            ("bytes of slow headers", Box::new(move || slow_headers.turn())),
            ("bytes of slow bodies", Box::new(move || slow_bodies.turn())),
            ("malformed requests", Box::new(move || raw.turn())),
            ("pipelined requests", Box::new(move || lines.turn())),
        ];
        let attackers = turns
            .into_iter()
            .map(|(name, mut turn)| {
                let (stop, count) = (Arc::clone(&stop), Arc::new(AtomicUsize::new(0)));
                let counted = Arc::clone(&count);
                let thread = std::thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        counted.fetch_add(turn(), Ordering::Relaxed);
                        // An attack on the HTTP side, not on the processor that both sides share here.
                        std::thread::sleep(Duration::from_millis(100));
                    }
                });
                Attacker { name, count, thread }
            })
            .collect();
        Self { stop, attackers }
    }

    /// What each of them did, once all connections of theirs are closed.
    fn stop(self) -> Vec<(&'static str, usize)> {
        self.stop.store(true, Ordering::Relaxed);
        let end = |attacker: Attacker| {
            attacker.thread.join().unwrap();
            (attacker.name, attacker.count.load(Ordering::Relaxed))
        };
        self.attackers.into_iter().map(end).collect()
    }
}

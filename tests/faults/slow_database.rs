//! A database behind a bad network: slow, stalled, swallowing or resetting. The process stays healthy,
//! no request waits past the limits, and after the fault all is well without a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rstest::rstest;

use crate::control::Control;
use crate::extent::{figure, ms, rounds, spread};
use crate::proxy::{Fault, Proxy};
use crate::support::process::Process;
use crate::support::{Backend, app, seed};
use crate::traffic::{Outcome, Sample, Traffic, assert_right_or_unavailable, quantile};
use crate::wire::Wire;

/// What `/health` may take on a machine that does little else.
const HEALTHY: Duration = Duration::from_millis(100);

/// The share of the times of `/health` that the limit is for: in the long form 99 of 100. The few hundred
/// of the short one, a debug build beside other tests, leave three for the scheduler, so 19 of 20 there.
const NEARLY_ALL: [f64; 2] = [0.95, 0.99];

/// How soon after the fault every request is answered as it should be.
const RECOVERY: Duration = Duration::from_secs(2);

/// The same after a black hole: an attempt to connect that was made in it is given 3 s (`connect_timeout`).
const RECOVERY_FROM_SILENCE: Duration = Duration::from_secs(4);

/// For the network between the test and the server, and for a machine that does other things.
const MARGIN: Duration = Duration::from_millis(1_500);

/// The settings of a server, and the longest that one of its requests may take: waiting for a
/// connection, a statement, and two seconds in which the database should have given up.
struct Limits {
    variables: &'static [(&'static str, &'static str)],
    request: Duration,
}

const SHORT: Limits = Limits {
    variables: &[
        ("DATABASE_MAX_CONNECTIONS", "5"),
        ("DATABASE_ACQUIRE_TIMEOUT_SECONDS", "1"),
        ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "1"),
    ],
    request: Duration::from_secs(4),
};

const DEFAULTS: Limits = Limits { variables: &[], request: Duration::from_secs(10) };

#[rstest]
#[case::slow_by_20_ms("slow by 20 ms", Fault::Slow(Duration::from_millis(20)))]
#[case::slow_by_300_ms("slow by 300 ms", Fault::Slow(Duration::from_millis(300)))]
#[case::stalled("stalled", Fault::Stalled)]
#[case::black_hole("black-holed", Fault::BlackHole)]
#[case::reset("resetting", Fault::Reset)]
fn a_database_behind_a_bad_network(#[case] name: &str, #[case] fault: Fault) {
    for limits in &[SHORT, DEFAULTS][..rounds(1, 2)] {
        survive(name, fault, limits);
    }
}

fn survive(name: &str, fault: Fault, limits: &Limits) {
    let (url, _folder) = app::fresh_url(Backend::Postgres);
    let (proxy, url) = Proxy::url(&url);
    let unlimited = [("RATE_LIMIT_PER_MINUTE", "0")];
    let variables: Vec<_> = unlimited.iter().chain(limits.variables).copied().collect();
    let mut process = Process::serve(&url, &variables);
    let address = process.address();
    let seed = seed();
    let timeout = limits.request + Duration::from_secs(10);
    let recovery_limit = if fault == Fault::BlackHole { RECOVERY_FROM_SILENCE } else { RECOVERY };
    let mut recoveries = Vec::new();
    let (mut health, mut during) = (Vec::new(), Vec::new());
    let control = Control::start();
    for round in 0..rounds(1, 5) {
        let seed = seed.wrapping_add(u64::try_from(round).unwrap() << 32);
        let traffic = Traffic::start(address, 8, Duration::from_millis(5), timeout, seed);
        std::thread::sleep(Duration::from_millis(500));
        let watch = HealthWatch::start(Wire::new(address, "watch", timeout));
        let began = Instant::now();
        proxy.set(fault);
        std::thread::sleep(limits.request + Duration::from_secs(1));
        proxy.set(Fault::None);
        let ended = Instant::now();
        std::thread::sleep(recovery_limit + Duration::from_millis(1_500));
        health.extend(watch.stop());
        let samples = traffic.stop();
        assert_right_or_unavailable(&samples, limits.request + MARGIN);
        let (before, rest): (Vec<Sample>, Vec<Sample>) =
            samples.into_iter().partition(|sample| sample.started + sample.took < began);
        assert!(before.iter().all(|sample| sample.outcome == Outcome::Right) && !before.is_empty());
        let (faulty, after): (Vec<Sample>, Vec<Sample>) =
            rest.into_iter().partition(|sample| sample.started < ended);
        let recovery = after
            .iter()
            .filter(|sample| sample.outcome != Outcome::Right)
            .map(|sample| sample.started + sample.took - ended)
            .max()
            .unwrap_or_default();
        recoveries.push(recovery);
        assert!(recovery <= recovery_limit, "{name}: 503 until {recovery:?} after its end");
        assert!(
            after.iter().any(|sample| sample.outcome == Outcome::Right),
            "no request after the fault"
        );
        during.extend(faulty);
    }
    let allowance = control.allowance();
    assert!(!process.stderr().contains("panicked"), "{}", process.stderr());
    let bites = !matches!(fault, Fault::Slow(_));
    let refused = during.iter().filter(|s| s.outcome == Outcome::Unavailable).count();
    assert!(!bites || refused > 0, "{name} was not felt");
    let slowest = during.iter().map(|sample| sample.took).max().unwrap_or_default();
    let usual = quantile(health.iter().copied(), NEARLY_ALL[rounds(0, 1)]);
    let worst = health.iter().max().copied().unwrap_or_default();
    figure(
        &format!("database {name}, limit {:?}", limits.request),
        &format!(
            "{} requests meanwhile, {refused} of them 503, the slowest {}; /health {}; \
             the machine's own share {}; last 503 after the fault {}",
            during.len(),
            ms(slowest),
            spread(&health),
            ms(allowance),
            spread(&recoveries),
        ),
    );
    let limit = HEALTHY + allowance;
    assert!(usual < limit, "health took {usual:?}, {limit:?} is the limit here");
    assert!(worst < RECOVERY, "health once took {worst:?}");
}

/// Asks `/health` all the time and notes how long it took.
struct HealthWatch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

impl HealthWatch {
    fn start(mut wire: Wire) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut durations = Vec::new();
            while !told.load(Ordering::Relaxed) {
                let started = Instant::now();
                assert_eq!(wire.get("/health").unwrap().status, 200);
                durations.push(started.elapsed());
                std::thread::sleep(Duration::from_millis(20));
            }
            durations
        });
        Self { stop, thread }
    }

    fn stop(self) -> Vec<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

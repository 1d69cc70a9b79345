//! Clients that hold connections, clients that do not read and clients that ask in every shape, together: others are
//! served meanwhile, and nothing is left of it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::control::Control;
use crate::extent::{figure, ms, rounds, spread};
use crate::support::process::Process;
use crate::support::seed;
use crate::traffic::{Outcome, Traffic, quantile};
use crate::{descriptors, held_connections, memory, shapes, unread};

/// Both hold more connections than one address may, which is what `MAX_CONNECTIONS` gives it here.
const SHARE: usize = 150;
const HELD: usize = 140;
const UNREAD: usize = 140;

/// What 99 of 100 requests of others take at most in milliseconds, beside what the machine itself takes. A debug build
/// beside other tests takes longer to open all those connections again.
const QUICK: (usize, usize) = (1_000, 250);

/// An attacker in a thread of its own.
struct Attack {
    name: &'static str,
    done: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

/// Takes one turn after the other.
fn start(
    name: &'static str,
    stop: &Arc<AtomicBool>,
    mut turn: impl FnMut() -> usize + Send + 'static,
) -> Attack {
    let (stop, done) = (Arc::clone(stop), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&done);
    let thread = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            counted.fetch_add(turn(), Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    Attack { name, done, thread }
}

#[test]
fn others_are_served_while_three_clients_take_all_that_they_can() {
    descriptors::allow(4_096);
    let (url, _folder) = unread::filled();
    shapes::fill(&url);
    let max_connections = (SHARE * 10).to_string();
    let variables = [
        ("MALLOC_ARENA_MAX", "1"),
        ("DATABASE_MAX_CONNECTIONS", "2"),
        ("MAX_CONNECTIONS", max_connections.as_str()),
        ("REQUEST_TIMEOUT_SECONDS", "3"),
        ("KEEP_ALIVE_SECONDS", "2"),
        ("RESPONSE_TIMEOUT_SECONDS", "2"),
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("AUTH_FAILURES_PER_MINUTE", "0"),
    ];
    let mut process = Process::serve(&url, &variables);
    let address = process.address();
    let length = Duration::from_secs(u64::try_from(rounds(5, 600)).unwrap());
    bystanders(address, Duration::from_secs(1));
    let idle = (at_rest(&process), memory::resident_kib(process.id()));

    let stop = Arc::new(AtomicBool::new(false));
    let from = |last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    let mut holder = held_connections::Attacker::new(address, from(2), HELD);
    let mut reader = unread::Attacker::new(address, from(3), UNREAD);
    let mut asker = shapes::Attacker::new(address);
    let attacks = [
        start("held", &stop, move || holder.turn()),
        start("unread", &stop, move || reader.turn()),
        start("shapes", &stop, move || asker.turn()),
    ];
    std::thread::sleep(Duration::from_secs(1));
    let (held, resident) = (descriptors::count(process.id()).0, memory::resident_kib(process.id()));
    let control = Control::start();
    let took = bystanders(address, length);
    let allowance = control.allowance();
    let grown = memory::resident_kib(process.id()).saturating_sub(idle.1);
    stop.store(true, Ordering::Relaxed);
    let done = attacks.map(|attack| {
        attack.thread.join().unwrap();
        (attack.name, attack.done.load(Ordering::Relaxed))
    });
    let after = at_rest(&process);
    let each = grown / u64::try_from(HELD + UNREAD).unwrap();
    figure(
        "greedy clients",
        &format!(
            "{HELD} held and {UNREAD} unread connections for {}; opened again, and shapes asked for {done:?}; others {}, 0 \
             errors, the machine's own share {}; {} KiB resident before, {resident} soon, {grown} more at the end: \
             {each} KiB for each connection; sockets before {}, during {held}, after {after}",
            ms(length),
            spread(&took),
            ms(allowance),
            idle.1,
            idle.0,
        ),
    );
    assert!(done.iter().all(|(_, count)| *count > 0), "an attacker did nothing: {done:?}");
    assert!(held > HELD, "only {held} sockets were open");
    // With all that grows beside them, such as caches; unread.rs has the bound of a connection.
    assert!(each <= 128, "{each} KiB for each connection");
    assert_eq!(after, idle.0, "sockets are left open");
    let usual = quantile(took, 0.99);
    let quick = Duration::from_millis(u64::try_from(rounds(QUICK.0, QUICK.1)).unwrap());
    assert!(usual < quick + allowance, "{usual:?}, the machine's own share {allowance:?}");
    assert!(!process.stderr().contains("panicked"), "{}", process.stderr());
}

/// What requests of others take for so long, all of which must be right.
fn bystanders(address: SocketAddr, length: Duration) -> Vec<Duration> {
    let (clients, pause) = (8, Duration::from_millis(20));
    let traffic = Traffic::start(address, clients, pause, Duration::from_secs(10), seed());
    std::thread::sleep(length);
    let samples = traffic.stop();
    let failed: Vec<_> = samples.iter().filter(|s| s.outcome != Outcome::Right).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    samples.into_iter().map(|sample| sample.took).collect()
}

/// How many sockets the process has once there are no fewer.
fn at_rest(process: &Process) -> usize {
    let started = Instant::now();
    let mut least = descriptors::count(process.id()).0;
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_secs(1) && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(100));
        let now = descriptors::count(process.id()).0;
        if now < least {
            (least, since) = (now, Instant::now());
        }
    }
    least
}

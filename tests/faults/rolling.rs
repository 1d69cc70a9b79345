//! Two instances behind nginx on one PostgreSQL, restarted one after the other under load, as often as
//! it takes: no client sees anything of it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::extent::{figure, ms, rounds, spread};
use crate::nginx::{Nginx, lasting_port};
use crate::support::client::agent;
use crate::support::process::Process;
use crate::support::{Backend, Client, app, seed};
use crate::traffic::{Outcome, Traffic};

/// After this time nginx sends requests to an instance again that has been away: `fail_timeout` in
/// deploy/nginx.conf, and a second because nginx counts whole ones.
pub const FAIL_TIMEOUT: Duration = Duration::from_millis(3_300);

const CLIENTS: usize = 10;

/// Between two requests of a client.
const PAUSE: Duration = Duration::from_millis(10);

#[test]
fn no_request_fails_while_instances_restart_one_after_the_other() {
    let (least_requests, least_restarts) = (rounds(2_000, 20_000), rounds(4, 40));
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let (url, _folder) = app::fresh_url(Backend::Postgres);
    let ports = [lasting_port(&mut random), lasting_port(&mut random)];
    let mut instances = ports.map(|port| start(&url, port, &UNLIMITED));
    let nginx = Nginx::start(lasting_port(&mut random), ports);
    let timeout = Duration::from_secs(30);
    let traffic = Traffic::start(nginx.address, CLIENTS, PAUSE, timeout, seed);
    std::thread::sleep(Duration::from_millis(500));
    let mut away = Vec::new();
    while traffic.answered() < least_requests || away.len() < least_restarts {
        let number = away.len() % instances.len();
        let start = || start(&url, ports[number], &UNLIMITED);
        away.push(replace(&mut instances[number], start));
    }
    let what = format!("rolling restarts behind nginx with {CLIENTS} clients");
    assert_unnoticed(&what, traffic, &away, &nginx);
}

/// Replaces an instance as docs/OPERATIONS.md says, and waits until nginx sends requests to the new one. How long it took
/// from SIGTERM to ready again.
pub fn replace(instance: &mut Process, start: impl FnOnce() -> Process) -> Duration {
    let stopped = Instant::now();
    instance.signal("TERM");
    assert_eq!(instance.wait().code(), Some(0), "{}", instance.output());
    *instance = start();
    let took = stopped.elapsed();
    std::thread::sleep(FAIL_TIMEOUT);
    took
}

/// Ends the load: not one of its requests failed while instances were away for these times. How many there were.
pub fn assert_unnoticed(what: &str, traffic: Traffic, away: &[Duration], nginx: &Nginx) -> usize {
    let samples = traffic.stop();
    let failed: Vec<_> = samples.iter().filter(|s| s.outcome != Outcome::Right).collect();
    let writes = samples.iter().filter(|sample| !sample.request.starts_with("GET")).count();
    let slowest = samples.iter().map(|sample| sample.took).max().unwrap_or_default();
    figure(
        what,
        &format!(
            "{} restarts, {} requests, {writes} of them writes, {} failed, the slowest {}; \
             from SIGTERM to ready again {}",
            away.len(),
            samples.len(),
            failed.len(),
            ms(slowest),
            spread(away),
        ),
    );
    assert!(failed.is_empty(), "{} failed: {failed:#?}\n{}", failed.len(), nginx.log());
    // Without a refused connection nginx has noticed nothing, and this test has shown nothing.
    assert!(nginx.log().contains("Connection refused"), "{}", nginx.log());
    samples.len()
}

/// Of an instance.
pub const UNLIMITED: [(&str, &str); 1] = [("RATE_LIMIT_PER_MINUTE", "0")];

/// An instance on this port behind nginx, once it is ready.
pub fn start(url: &str, port: u16, variables: &[(&str, &str)]) -> Process {
    start_program(Path::new(env!("CARGO_BIN_EXE_taskbridge")), url, port, variables)
}

/// The same of another program.
pub fn start_program(program: &Path, url: &str, port: u16, variables: &[(&str, &str)]) -> Process {
    let port_text = port.to_string();
    let base = [("PORT", port_text.as_str()), ("TRUSTED_PROXIES", "127.0.0.1")];
    let mut process = Process::serve_program(program, url, &[&base, variables].concat());
    process.address();
    let client = Client::new(agent(), SocketAddr::from(([127, 0, 0, 1], port)), None);
    let started = Instant::now();
    while client.get("/health/ready").status != 200 {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", process.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
    process
}

//! The cluster that `scripts/citus-cluster run` has started for the tests.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::postgres::connect;

const NO_CLUSTER: &str = "run this by make citus-test, which starts a Citus and names it";

/// See the module's documentation.
pub struct Cluster {
    /// Of the database `postgres` on the coordinator.
    pub url: String,
}

impl Cluster {
    /// The one that the environment names.
    #[expect(clippy::disallowed_methods, reason = "a knob of the tests")]
    pub fn of_environment() -> Self {
        Self { url: std::env::var("TASKBRIDGE_TEST_POSTGRES").expect(NO_CLUSTER) }
    }

    /// `kill -9` of a worker, and a start later. The moment from which it takes connections again.
    pub fn kill_and_start(&self, worker: usize, pause: Duration) -> Instant {
        let (base, port) = self.url.split_once("127.0.0.1:").expect(NO_CLUSTER);
        let port: usize =
            port.split('/').next().and_then(|port| port.parse().ok()).expect("a port");
        let url = format!("{base}127.0.0.1:{}/postgres", port + worker);
        order(&["kill", &worker.to_string()]);
        std::thread::sleep(pause);
        order(&["start", &worker.to_string()]);
        while connect(&url).is_err() {
            std::thread::sleep(Duration::from_millis(2));
        }
        Instant::now()
    }

    /// One more worker, without a shard yet.
    pub fn add_worker(&self) {
        order(&["add"]);
    }
}

fn order(arguments: &[&str]) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/citus-cluster");
    let done = Command::new(script).args(arguments).output().expect(script);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

//! The workers' own connections as PostgreSQL sees them, and callers who are spread over the workers.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::client::{Client, agent, new_task};
use crate::support::database::{column, execute, number};
use crate::support::process::Process;
use crate::support::{Backend, TestApp, TokenBuilder};

/// More requests than there are workers reach each of them.
pub const CALLERS: usize = 16;

/// Those for reads.
pub const READS: &str = "AND application_name = 'taskbridge reads'";

/// Those for writes.
pub const WRITES: &str = "AND application_name = 'taskbridge writes'";

/// A caller with a connection of its own, so that callers are spread over the workers.
pub fn caller(address: SocketAddr, user: &str) -> Client {
    Client::new(agent(), address, Some(TokenBuilder::valid(user).build()))
}

/// How many connections to the database meet a condition. Asked in another database, so that this
/// question is not counted.
pub fn connections(url: &str, condition: &str) -> i64 {
    let (server, database) = url.rsplit_once('/').unwrap();
    number(
        &format!("{server}/postgres"),
        &format!(
            "SELECT count(*) AS number FROM pg_stat_activity \
             WHERE datname = '{database}' {condition}"
        ),
    )
}

/// How many workers there are.
pub fn workers() -> i64 {
    thread::available_parallelism().unwrap().get().try_into().unwrap()
}

/// Asks until so many connections meet a condition.
pub fn wait_for(url: &str, wanted: i64, condition: &str, mut ask: impl FnMut()) {
    let started = Instant::now();
    while connections(url, condition) < wanted {
        let open = connections(url, condition);
        assert!(started.elapsed() < Duration::from_secs(10), "{open} of {wanted}: {condition}");
        (0..CALLERS).for_each(|_| ask());
    }
}

/// A server in which every worker writes through a connection of its own.
pub fn spawn_with_write_connections(variables: &[(&str, &str)]) -> TestApp {
    let enough = (3 * workers() + 4).to_string();
    let connections = [("DATABASE_MAX_CONNECTIONS", enough.as_str())];
    let all: Vec<_> = connections.into_iter().chain(variables.iter().copied()).collect();
    let app = TestApp::spawn_with(Backend::Postgres, &all);
    wait_for_write_connections(&app);
    app
}

/// A program that serves from this database, once every kind of connection is in use: those of the
/// workers and those of the pool. `admin` is the URL of the same database for the test.
pub fn serve(url: &str, admin: &str, variables: &[(&str, &str)]) -> Process {
    let base = [("RATE_LIMIT_PER_MINUTE", "0")];
    let all: Vec<_> = base.into_iter().chain(variables.iter().copied()).collect();
    let mut process = Process::serve(url, &all);
    let address = process.address();
    for kind in [READS, WRITES] {
        wait_for(admin, 1, kind, || {
            let alice = caller(address, "alice");
            alice.get(&new_task(&alice, "alice", "Served")).expect(200);
        });
    }
    caller(address, "alice").get("/api/alice/tasks?search=served").expect(200);
    process
}

/// Writes until every worker has one.
pub fn wait_for_write_connections(app: &TestApp) {
    wait_for(&app.database_url, workers(), WRITES, || {
        // A user of its own each time, so that no limit is reached.
        let other = format!("other-{}", fastrand::u64(..));
        new_task(&caller(app.address, &other), &other, "-");
    });
}

/// As many users as callers.
pub fn users() -> Vec<String> {
    (0..CALLERS).map(|number| format!("user{number}")).collect()
}

/// Ends some of the database's connections.
pub fn end(url: &str, condition: &str) {
    execute(
        url,
        &format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() {condition}"
        ),
    );
}

/// Ends what the other threads of a test do, also when the test fails.
#[derive(Default)]
pub struct Over(AtomicBool);

impl Over {
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// It is over when this is dropped.
pub struct Until<'a>(pub &'a Over);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Server processes that do nothing until this is dropped.
pub struct Stopped(Vec<String>);

impl Stopped {
    /// Those of the connections that meet a condition.
    pub fn new(url: &str, condition: &str) -> Self {
        let processes = column(
            url,
            "pid",
            &format!(
                "SELECT pid FROM pg_stat_activity \
                 WHERE datname = current_database() {condition}"
            ),
        );
        assert!(!processes.is_empty(), "no connection to stop: {condition}");
        let stopped = Self(processes);
        stopped.signal("STOP");
        stopped
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name]).args(&self.0).status();
        assert!(sent.is_ok_and(|status| status.success()) || thread::panicking());
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

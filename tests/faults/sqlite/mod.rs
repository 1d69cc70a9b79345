//! SQLite's file is locked by another process, its disk full, or broken: writers are told to wait,
//! readers go on where the fault lets them, and nothing is lost.

mod faulty_io;
mod full;
mod injected;
mod locked;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::crowd::Crowd;
use crate::extent::figure;
use crate::integrity;
use crate::judge::{Met, RECOVERY, Tally};
use crate::support::process::Process;

/// SQLite lets one write at a time, and does not let them queue.
const WRITERS: usize = 3;

/// A server on a file of its own, and its clients.
struct Bench {
    url: String,
    server: Process,
    address: SocketAddr,
    crowd: Crowd,
    tally: Tally,
}

impl Bench {
    /// The file is `tasks.db` in this folder.
    fn start(folder: &Path, variables: &[(&str, &str)], seed: u64) -> Self {
        let url = format!("sqlite://{}/tasks.db", folder.display());
        let limits = [("RATE_LIMIT_PER_MINUTE", "0")];
        let all: Vec<_> = limits.into_iter().chain(variables.iter().copied()).collect();
        let mut server = Process::serve(&url, &all);
        let address = server.address();
        Self { url, server, address, crowd: Crowd::new(WRITERS, seed), tally: Tally::default() }
    }

    /// Lets a fault happen under load, and looks at what it did and left.
    fn suffer(&mut self, name: &str, fault: impl FnOnce()) -> Met {
        let (samples, (down, back)) = self.crowd.busy_while(self.address, |_| {
            std::thread::sleep(Duration::from_millis(500));
            let down = Instant::now();
            fault();
            let back = Instant::now();
            std::thread::sleep(RECOVERY + Duration::from_millis(200));
            (down, back)
        });
        let met = Met::of(&samples, down, back);
        figure(name, &met.to_string());
        met.check();
        assert!(self.server.is_running(), "{}", self.server.output());
        self.crowd.settle(self.address);
        integrity::check(&self.url);
        self.tally.add(&met);
        met
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let output = self.server.output();
            let told = |line: &&str| line.contains("ERROR") || line.contains("WARN");
            let lines: Vec<&str> = output.lines().rev().filter(told).take(20).collect();
            eprintln!("the server's last complaints:\n{}", lines.join("\n"));
        }
    }
}

//! Another process holds the lock for longer than a request waits for it.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use super::Bench;
use crate::extent::{figure, rounds};
use crate::support::seed;

#[test]
fn a_file_that_another_process_has_locked_only_stops_writers() {
    let seed = seed();
    let folder = tempfile::tempdir().unwrap();
    let limits = [("DATABASE_STATEMENT_TIMEOUT_SECONDS", "3")];
    let mut bench = Bench::start(folder.path(), &limits, seed);
    let rounds = rounds(1, 10);
    for _ in 0..rounds {
        // This process is another one than the server.
        let mut other = SqliteConnection::establish(&bench.url["sqlite://".len()..]).unwrap();
        other.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
        let met = bench.suffer("SQLite locked by another process", || {
            other.batch_execute("BEGIN EXCLUSIVE").unwrap();
            std::thread::sleep(Duration::from_millis(4500));
            other.batch_execute("ROLLBACK").unwrap();
        });
        assert!(met.failed > 0 && met.failed_reads == 0, "{met}");
    }
    let (counts, tally) = (bench.crowd.counts(), &bench.tally);
    let name = "SQLite locked by another process";
    figure(name, &format!("{rounds} rounds, seed {seed}: {counts}; {tally}"));
}

//! The server's own calls on its file fail: broken devices, full disks, no descriptors.

use std::time::{Duration, Instant};

use rstest::rstest;

use super::Bench;
use super::faulty_io::{Call, Error, FaultyIo};
use crate::extent::{figure, rounds};
use crate::kill9::again_and_again;
use crate::support::seed;

#[rstest]
fn calls_that_fail_stop_the_server_only_for_as_long_as_they_do(
    #[values(
        (Call::Sync, Error::Eio, 1),
        (Call::Write, Error::Eio, 1),
        (Call::Write, Error::Enospc, 1),
        (Call::Write, Error::Enospc, 3),
        (Call::Read, Error::Eio, 1),
        (Call::WriteOrOpen, Error::Emfile, 1),
        (Call::Any, Error::Eio, 7),
    )]
    fault: (Call, Error, u32),
) {
    let seed = seed();
    let folder = tempfile::tempdir().unwrap();
    let faulty = FaultyIo::build();
    let mut bench = Bench::start(folder.path(), &faulty.variables(), seed);
    let (call, error, every) = fault;
    let name = format!("SQLite {call:?} {error:?} 1 in {every}");
    let rounds = rounds(1, 10);
    for _ in 0..rounds {
        let enough = faulty.hits() + 5;
        let met = bench.suffer(&name, || {
            faulty.on(call, error, every);
            std::thread::sleep(Duration::from_millis(1000));
            // On a busy machine it takes longer until a call meets it.
            let started = Instant::now();
            while faulty.hits() < enough {
                assert!(started.elapsed() < Duration::from_secs(30), "nothing was made to fail");
                std::thread::sleep(Duration::from_millis(1));
            }
            faulty.off();
        });
        assert!(met.failed > 0, "no request failed: {met}");
        let reads_go_on = matches!(call, Call::Sync | Call::Write);
        assert!(!reads_go_on || met.failed_reads == 0, "a read failed: {met}");
    }
    let (counts, tally) = (bench.crowd.counts(), &bench.tally);
    figure(&name, &format!("{rounds} rounds, seed {seed}: {counts}; {tally}"));
}

/// What SQLite left half done it must not take for whole when it starts again.
#[test]
fn a_server_killed_while_its_disk_fails_has_lost_nothing_either() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/tasks.db", folder.path().display());
    let faulty = FaultyIo::build();
    let (rounds, seed) = (rounds(3, 30), seed());
    let (counts, _) = again_and_again(rounds, seed, &url, &faulty.variables(), |kill| {
        faulty.on(Call::Any, Error::Eio, 5);
        std::thread::sleep(Duration::from_millis(300));
        kill();
        faulty.off();
    });
    assert!(faulty.hits() > 0, "nothing was made to fail");
    figure("kill -9, SQLite on a failing disk", &format!("{rounds} rounds, seed {seed}: {counts}"));
}

//! The server's own calls on its file fail: broken devices, full disks, no descriptors.

use std::time::Duration;

use rstest::rstest;

use super::Bench;
use super::faulty_io::{Call, Error, FaultyIo};
use crate::extent::{figure, rounds};
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
    let variables = faulty.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
    let mut bench = Bench::start(folder.path(), &variables, seed);
    let (call, error, every) = fault;
    let name = format!("SQLite {call:?} {error:?} 1 in {every}");
    let rounds = rounds(1, 10);
    for _ in 0..rounds {
        let before = faulty.hits();
        let met = bench.suffer(&name, || {
            faulty.on(call, error, every);
            std::thread::sleep(Duration::from_millis(1500));
            faulty.off();
        });
        assert!(faulty.hits() > before, "nothing was made to fail");
        assert!(met.failed > 0, "nobody noticed: {met}");
        let reads_go_on = matches!(call, Call::Sync | Call::Write);
        assert!(!reads_go_on || met.failed_reads == 0, "a read failed: {met}");
    }
    let counts = bench.crowd.counts();
    figure(
        &name,
        &format!("{rounds} rounds, seed {seed}: {counts}, {} calls failed", faulty.hits()),
    );
}

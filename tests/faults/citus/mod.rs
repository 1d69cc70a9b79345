//! A Citus of a coordinator and two workers under load: a worker is killed and started again, and a third one joins, to
//! which shards are moved. `make citus-test` runs this.

mod cluster;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use fastrand::Rng;

use self::cluster::Cluster;
use crate::crowd::Crowd;
use crate::extent::{figure, ms, rounds};
use crate::judge::{Met, Tally};
use crate::support::database::{assert_owners_agree, execute, number};
use crate::support::process::Process;
use crate::support::seed;

/// Enough that each worker has some of them.
const WRITERS: usize = 8;

/// How long the clients go on when it is over: a request may wait for a connection, and Citus itself waits for a worker.
const AFTERWARDS: Duration = Duration::from_secs(8);

const MOST_SHARDS_ON_ONE: &str = "SELECT max(shards) AS number FROM (SELECT count(*) AS shards \
    FROM citus_shards WHERE table_name = 'owners'::regclass GROUP BY nodeport) AS of_nodes";

/// What was reported of requests that failed, and how often.
fn reasons(server: &Process) -> String {
    let mut counts = BTreeMap::new();
    for line in
        server.output().lines().filter(|line| line.contains("the database is unavailable: "))
    {
        let reason = line.split("the database is unavailable: ").nth(1).unwrap_or_default();
        let no_numbers: String =
            reason.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
        *counts.entry(no_numbers.chars().take(110).collect::<String>()).or_insert(0) += 1;
    }
    format!("{counts:?}")
}

/// One fault under load, and what the clients met.
fn go_through(crowd: &mut Crowd, address: SocketAddr, fault: impl FnOnce() -> Instant) -> Met {
    let (samples, (down, back)) = crowd.busy_while(address, |_| {
        std::thread::sleep(Duration::from_millis(1_000));
        let down = Instant::now();
        let back = fault();
        std::thread::sleep((back + AFTERWARDS).saturating_duration_since(Instant::now()));
        (down, back)
    });
    Met::of(&samples, down, back)
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn a_worker_is_killed_and_a_third_joins_and_nothing_is_lost() {
    let seed = seed();
    let mut random = Rng::with_seed(seed);
    let cluster = Cluster::of_environment();
    let mut server = Process::serve(&cluster.url, &[("RATE_LIMIT_PER_MINUTE", "0")]);
    let address = server.address();
    let mut crowd = Crowd::new(WRITERS, random.u64(..));
    let mut tally = Tally::default();
    let rounds = rounds(4, 20);
    for round in 0..rounds {
        let worker = 1 + round % 2;
        let pause = Duration::from_millis(random.u64(200..3_000));
        let met = go_through(&mut crowd, address, || cluster.kill_and_start(worker, pause));
        figure(&format!("Citus, worker {worker} killed"), &met.to_string());
        assert!(server.is_running(), "{}", server.output());
        crowd.settle(address);
        assert_owners_agree(&cluster.url);
        assert!(met.failed > 0, "the worker had no user: {met}");
        met.check();
        tally.add(&met);
    }
    let counts = crowd.counts();
    figure("Citus, workers killed", &format!("{rounds} rounds, seed {seed}: {counts}"));
    figure("Citus, workers killed", &tally.to_string());
    figure("Citus, workers killed, reasons", &reasons(&server));

    let before = number(&cluster.url, MOST_SHARDS_ON_ONE);
    let began = Instant::now();
    let met = go_through(&mut crowd, address, || {
        cluster.add_worker();
        execute(&cluster.url, "SELECT citus_rebalance_start()");
        execute(&cluster.url, "SELECT citus_rebalance_wait()");
        Instant::now()
    });
    crowd.settle(address);
    assert_owners_agree(&cluster.url);
    let after = number(&cluster.url, MOST_SHARDS_ON_ONE);
    assert!(after < before, "no shard was moved: {before}, {after}");
    figure(
        "Citus, a third worker joins",
        &format!("from {before} to {after} shards of a table on each; {met}"),
    );
    figure("Citus, a third worker joins", &crowd.counts().to_string());
    figure("Citus, reasons", &format!("{}; {} in all", reasons(&server), ms(began.elapsed())));
    met.check();
}

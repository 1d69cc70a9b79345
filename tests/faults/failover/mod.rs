//! The primary of two PostgreSQL servers goes away in every way it can, under load, and the other takes its place: clients
//! are told to wait, nothing that was acknowledged is lost, and the servers find the new primary by themselves, one through
//! HAProxy and one by both hosts in its `DATABASE_URL`.

mod cluster;
mod witness;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use self::cluster::{Cluster, Fault};
use self::witness::Witness;
use crate::crowd::{Crowd, Sample};
use crate::extent::{figure, ha_makes, ha_rounds, ms, spread};
use crate::integrity;
use crate::judge::Met;
use crate::support::database::execute;
use crate::support::process::Process;
use crate::support::seed;

/// How a server finds the primary, and the database it has there.
const WAYS: [(&str, &str); 2] = [("through_haproxy", "tasks"), ("by_hosts", "tasks_2")];

const WRITERS: usize = 3;

/// Between two requests of a client.
const PAUSE: Duration = Duration::from_millis(15);

/// The longest until another server takes writes: what Patroni needs to be sure that the primary is gone (`ttl`), and time
/// for a machine that is busy.
const AWAY: Duration = Duration::from_secs(60);

/// How long the new primary is there before the old one comes back, and how long the load goes on after that.
const ALONE: Duration = Duration::from_secs(4);
const TOGETHER: Duration = Duration::from_secs(8);

/// One server of ours with its clients.
struct Side {
    way: &'static str,
    database: &'static str,
    process: Process,
    crowd: Crowd,
}

/// What was measured of one fault by one way.
#[derive(Default)]
struct Measured {
    away: Vec<Duration>,
    served: Vec<Duration>,
}

#[test]
#[ignore = "needs Patroni, etcd and HAProxy: make ha-test"]
fn another_primary_takes_over_and_nothing_is_lost() {
    let seed = seed();
    let cluster = Cluster::start();
    let primary = cluster.wait_until_whole();
    let admin = cluster.admin_url(primary, "postgres");
    execute(&admin, "CREATE DATABASE tasks_2 OWNER tasks");
    execute(&admin, "CREATE TABLE witness (number BIGINT); INSERT INTO witness VALUES (0)");
    let mut sides = WAYS.map(|(way, database)| {
        let process =
            Process::serve(&cluster.url(way, database), &[("RATE_LIMIT_PER_MINUTE", "0")]);
        Side { way, database, process, crowd: Crowd::new(WRITERS, seed).pausing(PAUSE) }
    });
    let witness = Witness::start([0, 1].map(|node| cluster.admin_url(node, "postgres")));
    let mut measured: BTreeMap<String, Measured> = BTreeMap::new();
    let mut mets = Vec::new();
    for round in 0..ha_rounds() {
        for fault in Fault::ALL.into_iter().filter(|fault| ha_makes(&format!("{fault:?}"))) {
            let outcomes = go_through(fault, &cluster, &witness, &mut sides);
            for (side, (met, away, served)) in sides.iter().zip(outcomes) {
                let name = format!("{fault:?} {}", side.way);
                figure(
                    &format!("{name}, round {round}"),
                    &format!("no write for {}, {met}", ms(away)),
                );
                mets.push(met);
                let measured = measured.entry(name).or_default();
                measured.away.push(away);
                measured.served.push(served);
            }
        }
    }
    for (name, Measured { away, served }) in measured {
        figure(&name, &format!("away {}; served again {}", spread(&away), spread(&served)));
    }
    for side in &sides {
        figure(side.way, &format!("seed {seed}: {}", side.crowd.counts()));
    }
    // Only now, so that a long run shows all that there is to see.
    mets.iter().for_each(Met::check);
}

/// One fault under load. For each side what its clients met, the longest time without a write, and the time from the first
/// write that the new primary took to the first of a client.
fn go_through(
    fault: Fault,
    cluster: &Cluster,
    witness: &Witness,
    sides: &mut [Side; 2],
) -> [(Met, Duration, Duration); 2] {
    let old = cluster.wait_until_whole();
    let over = &AtomicBool::new(false);
    let (samples, down, back) = std::thread::scope(|scope| {
        let threads = sides.each_mut().map(|side| {
            let address = side.process.address();
            scope.spawn(move || {
                let until_over = |_: &_| {
                    while !over.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                };
                side.crowd.busy_while(address, until_over).0
            })
        });
        // However it ends, the clients must not go on for ever.
        let end = End(over);
        std::thread::sleep(Duration::from_secs(1));
        let down = Instant::now();
        cluster.make(fault, old);
        let back = witness.first_write(1 - old, down, AWAY);
        std::thread::sleep((back + ALONE).saturating_duration_since(Instant::now()));
        cluster.end(fault, old);
        std::thread::sleep(TOGETHER);
        drop(end);
        (threads.map(|thread| thread.join().unwrap()), down, back)
    });
    let new = cluster.wait_until_whole();
    for side in sides {
        assert!(side.process.is_running(), "{}", side.process.output());
        side.crowd.settle(side.process.address());
        integrity::check(&cluster.admin_url(new, side.database));
    }
    samples.map(|samples| {
        let (away, served) = writes(&samples, back);
        (Met::of(&samples, down, back), away, served)
    })
}

/// The longest time without a good answer to a write, and the time from this moment to the next one.
fn writes(samples: &[Sample], back: Instant) -> (Duration, Duration) {
    let good = samples.iter().filter(|sample| !sample.read && !sample.failed);
    let mut ended: Vec<Instant> = good.map(|sample| sample.ended).collect();
    ended.sort_unstable();
    let gaps = ended.windows(2).map(|pair| pair[1] - pair[0]);
    let next = ended.iter().find(|at| **at >= back).expect("a write after the fault");
    (gaps.max().unwrap_or_default(), *next - back)
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

//! PostgreSQL goes away in every way it can, under load, and comes back: clients are told to wait,
//! no request hangs, nothing is lost, and the server recovers without being restarted.

pub mod cluster;
mod cut;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use fastrand::Rng;
use postgres::Client;

use self::cluster::Cluster;
use crate::crowd::Crowd;
use crate::extent::{figure, rounds};
use crate::integrity;
use crate::judge::{LIMIT, Met, RECOVERY, Tally};
use crate::support::postgres::connect;
use crate::support::process::Process;
use crate::support::seed;

const WRITERS: usize = 5;

/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);

/// What is done to PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outage {
    /// `pg_ctl stop -m fast`, and a start later.
    Stopped,
    /// `pg_ctl stop -m immediate`: no clean end, so it recovers from its log.
    Crashed,
    /// `kill -9` of the postmaster.
    Killed,
    /// `pg_ctl restart`: away for a moment.
    Restarted,
    /// `kill -9` of one back end: PostgreSQL ends all the others and recovers by itself.
    BackEndKilled,
    /// `pg_terminate_backend` on every connection of the server; PostgreSQL is never away.
    Terminated,
}

impl Outage {
    const ALL: [Self; 6] = [
        Self::Stopped,
        Self::Crashed,
        Self::Killed,
        Self::Restarted,
        Self::BackEndKilled,
        Self::Terminated,
    ];

    /// Makes it happen and gives the moment from which PostgreSQL takes connections again.
    fn make(self, cluster: &mut Cluster, pause: Duration) -> Instant {
        let mut witness = connect(&cluster.url).unwrap();
        let mut gone = |command| {
            cluster.order(command);
            std::thread::sleep(pause);
            cluster.order("start");
        };
        match self {
            Self::Stopped => gone("fast"),
            Self::Crashed => gone("immediate"),
            Self::Killed => gone("kill"),
            Self::Restarted => cluster.order("restart"),
            Self::BackEndKilled => kill_back_end(&cluster.url),
            Self::Terminated => {
                terminate(&mut witness);
                return Instant::now();
            }
        }
        let started = Instant::now();
        while witness.batch_execute("SELECT 1").is_ok() {
            assert!(started.elapsed() < LIMIT, "PostgreSQL has not gone away");
        }
        while connect(&cluster.url).is_err() {
            assert!(started.elapsed() < 6 * LIMIT, "PostgreSQL does not come back");
            std::thread::sleep(Duration::from_millis(2));
        }
        Instant::now()
    }
}

/// PostgreSQL runs as the same user of the system as its back ends, so one may kill itself. The witness
/// is another one: it dies only when PostgreSQL has noticed.
fn kill_back_end(url: &str) {
    let mut victim = connect(url).unwrap();
    let killed = victim.batch_execute(
        "CREATE TEMPORARY TABLE ignored (line TEXT); \
         DO $$ BEGIN EXECUTE format('COPY ignored FROM PROGRAM %L', 'kill -KILL ' || pg_backend_pid()); END $$",
    );
    assert!(killed.is_err(), "the back end is still there");
}

fn terminate(witness: &mut Client) {
    let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    witness.batch_execute(statement).unwrap();
}

/// One outage under load, or between two loads, and what the clients met.
fn go_through(
    outage: Outage,
    quiet: bool,
    pause: Duration,
    cluster: &mut Cluster,
    crowd: &mut Crowd,
    address: SocketAddr,
) -> Met {
    let (samples, (down, back)) = crowd.busy_while(address, |signal| {
        std::thread::sleep(Duration::from_millis(500));
        signal.quiet(quiet);
        let down = Instant::now();
        let back = outage.make(cluster, pause);
        if quiet {
            // Without requests meanwhile, no request has found the dead connections.
            std::thread::sleep(RECOVERY);
            signal.quiet(false);
        }
        // As long as a request may wait for a connection, so that one that waits too long is seen.
        std::thread::sleep((back + ACQUIRE).saturating_duration_since(Instant::now()));
        std::thread::sleep(Duration::from_millis(200));
        (down, back)
    });
    let met = Met::of(&samples, down, back);
    let name = if quiet { "quietly" } else { "under load" };
    figure(&format!("PostgreSQL {outage:?} {name}"), &met.to_string());
    met.check();
    // PostgreSQL was there all the time: once the last back end has its order to end, only what was under
    // way may still fail. A client that came back before that may have met another such order.
    assert!(outage != Outage::Terminated || met.failed_late_most <= 1, "{met}");
    met
}

#[test]
fn postgres_may_go_away_in_any_way_and_nothing_is_lost() {
    let seed = seed();
    let mut random = Rng::with_seed(seed);
    let mut cluster = Cluster::start();
    let mut server = Process::serve(&cluster.url, &[("RATE_LIMIT_PER_MINUTE", "0")]);
    let address = server.address();
    let mut crowd = Crowd::new(WRITERS, random.u64(..));
    let mut tally = Tally::default();
    let rounds = rounds(Outage::ALL.len(), 24);
    for round in 0..rounds {
        let outage = Outage::ALL[round % Outage::ALL.len()];
        // Each kind both ways, when there are rounds enough.
        let quiet = (round + round / Outage::ALL.len()) % 2 == 1;
        let pause = Duration::from_millis(random.u64(200..2000));
        let met = go_through(outage, quiet, pause, &mut cluster, &mut crowd, address);
        assert!(server.is_running(), "{}", server.output());
        crowd.settle(address);
        integrity::check(&cluster.url);
        tally.add(&met);
    }
    let counts = crowd.counts();
    assert!(counts.acknowledged > 10 * rounds, "{counts:?}");
    assert!(tally.failed > 0, "PostgreSQL was never away: {tally}");
    figure("PostgreSQL away", &format!("{rounds} rounds, seed {seed}: {counts}"));
    figure("PostgreSQL away", &tally.to_string());
}

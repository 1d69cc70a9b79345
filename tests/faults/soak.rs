//! Half an hour of everything: mixed load, and one fault after the other, round and round. The server
//! answers right or 503, comes back each time, and at the end is hardly bigger than after its warm-up.

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::extent::{figure, ms, soak_minutes};
use crate::hostile::crowd;
use crate::outage::cluster::Cluster;
use crate::proxy::{Fault, Proxy};
use crate::support::process::Process;
use crate::support::{TokenBuilder, raw, seed};
use crate::traffic::{Outcome, Sample, Traffic, assert_right_or_unavailable, quantile};
use crate::{descriptors, memory};

/// Each fault lasts so long, and is followed by so much calm.
const FAULT: Duration = Duration::from_secs(8);
const CALM: Duration = Duration::from_secs(10);

/// From then on after a fault every answer is right again.
const RECOVERY: Duration = Duration::from_secs(5);

/// Acquiring a connection, a statement, two seconds for the database to give up by itself, and time for
/// a machine that has other things to do.
const LIMIT: Duration = Duration::from_secs(3 + 5 + 2 + 3);

/// Until then the allocator and the pools of threads grow to what the faults ask of them. One round is
/// not enough: each of the first three finds some thread that has not done its share before.
const WARM_UP: Duration = Duration::from_secs(300);

/// What is done, in this order.
const FAULTS: [&str; 7] = [
    "PostgreSQL restarts",
    "PostgreSQL is killed",
    "the database is slow",
    "the database stalls",
    "connections to the database are reset",
    "clients are slow and idle",
    "clients vanish",
];

#[test]
#[ignore = "takes half an hour: make soak"]
fn after_half_an_hour_of_faults_the_server_is_as_before() {
    descriptors::allow(4_000);
    let length = Duration::from_secs(60 * soak_minutes());
    assert!(
        length > 2 * WARM_UP,
        "SOAK_MINUTES must be more than twice the warm-up of {WARM_UP:?}"
    );
    let mut stage = Stage::new();
    let began = Instant::now();
    let traffic = Traffic::start(
        stage.address,
        8,
        Duration::from_millis(35),
        Duration::from_secs(60),
        seed(),
    );
    let mut calm: Vec<(Instant, Instant)> = Vec::new();
    let mut sizes: Vec<u64> = Vec::new();
    let mut warm = None;
    while began.elapsed() < length {
        for fault in FAULTS {
            stage.make(fault);
            let ended = Instant::now();
            std::thread::sleep(CALM);
            calm.push((ended + RECOVERY, Instant::now()));
            assert!(stage.process.is_running(), "{fault}: {}", stage.process.stderr());
        }
        let size = memory::resident_kib(stage.process.id());
        let (sockets, files) = descriptors::count(stage.process.id());
        sizes.push(size);
        if warm.is_none() && began.elapsed() > WARM_UP {
            warm = Some(size);
        }
        let round = sizes.len();
        figure(
            &format!("soak, round {round}"),
            &format!(
                "after {} s {} requests, {size} KiB resident, {sockets} sockets, {files} descriptors",
                began.elapsed().as_secs(),
                traffic.answered()
            ),
        );
    }
    let samples = traffic.stop();
    assert_right_or_unavailable(&samples, LIMIT);
    let is_calm = |sample: &&Sample| {
        calm.iter().any(|(from, to)| sample.started >= *from && sample.started + sample.took <= *to)
    };
    let (first, last) = (warm.unwrap(), *sizes.last().unwrap());
    let quiet: Vec<&Sample> = samples.iter().filter(is_calm).collect();
    let refused = samples.iter().filter(|sample| sample.outcome == Outcome::Unavailable).count();
    figure(
        "soak",
        &format!(
            "{} min, {} rounds of {} faults, {} requests, {refused} of them 503, none of these in calm; calm p99 {}; \
             resident {first} KiB after the warm-up, {last} KiB after the last, {} KiB at most",
            began.elapsed().as_secs() / 60,
            sizes.len(),
            FAULTS.len(),
            samples.len(),
            ms(quantile(quiet.iter().map(|sample| sample.took), 0.99)),
            sizes.iter().max().unwrap(),
        ),
    );
    for sample in quiet {
        assert_eq!(sample.outcome, Outcome::Right, "in calm: {sample:?}");
    }
    assert!(!stage.process.stderr().contains("panicked"), "{}", stage.process.stderr());
    assert!(last * 10 <= first * 11, "grown from {first} to {last} KiB: {sizes:?}");
}

/// The server, its database, and what stands between.
struct Stage {
    cluster: Cluster,
    proxy: Proxy,
    process: Process,
    address: SocketAddr,
    /// A request for a list.
    list: Vec<u8>,
}

impl Stage {
    fn new() -> Self {
        let cluster = Cluster::start();
        let (proxy, url) = Proxy::url(&cluster.url);
        let variables = [("RATE_LIMIT_PER_MINUTE", "0"), ("RUST_LOG", "warn,taskbridge::cli=info")];
        let mut process = Process::serve(&url, &variables);
        let address = process.address();
        let token = TokenBuilder::valid("gone").claim("exp", i64::from(u32::MAX)).build();
        let lines = [format!("Authorization: Bearer {token}")];
        let list = raw::request("GET", "/api/gone/tasks", &lines, b"");
        Self { cluster, proxy, process, address, list }
    }

    /// Makes a fault and ends it.
    fn make(&mut self, fault: &str) {
        match fault {
            "PostgreSQL restarts" => self.cluster.order("restart"),
            "PostgreSQL is killed" => {
                self.cluster.order("kill");
                std::thread::sleep(FAULT);
                self.cluster.order("start");
            }
            "the database is slow" => self.between(Fault::Slow(Duration::from_millis(50))),
            "the database stalls" => self.between(Fault::Stalled),
            "connections to the database are reset" => self.between(Fault::Reset),
            "clients are slow and idle" => self.slow_clients(),
            "clients vanish" => self.vanishing_clients(),
            other => panic!("{other} is not known"),
        }
    }

    fn between(&self, fault: Fault) {
        self.proxy.set(fault);
        std::thread::sleep(FAULT);
        self.proxy.set(Fault::None);
    }

    fn slow_clients(&self) {
        let _idle = crowd::idle(self.address, 500);
        let mut slow =
            [crowd::Slow::headers(self.address, 100), crowd::Slow::bodies(self.address, 100)];
        let began = Instant::now();
        while began.elapsed() < FAULT {
            slow.iter_mut().for_each(|slow| {
                slow.turn();
            });
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Requests whose clients are gone before the answer, each with a reset.
    fn vanishing_clients(&self) {
        let began = Instant::now();
        while began.elapsed() < FAULT {
            let mut stream = raw::connect(self.address);
            stream.write_all(&self.list).unwrap();
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            drop(stream);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

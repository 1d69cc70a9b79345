//! The server is killed in the middle of writing, again and again, and started on what it left.

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use rstest::rstest;

use crate::extent::{figure, rounds, spread};
use crate::integrity;
use crate::journal::Counts;
use crate::load::Writer;
use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::process::Process;
use crate::support::{Backend, Client, TokenBuilder, raw, seed};

const WRITERS: usize = 6;

/// How many answers there are before the server is killed.
const AT_LEAST: usize = 20;

/// Starts the server and waits until it says that it is ready; how long that took.
fn start(database_url: &str) -> (Process, Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let started = Instant::now();
    let variables = [("PORT", &*address.port().to_string()), ("RATE_LIMIT_PER_MINUTE", "0")];
    let mut server = Process::serve(database_url, &variables);
    let question = raw::request("GET", "/health/ready", &["Connection: close"], b"");
    while std::net::TcpStream::connect(address).is_err() {
        assert!(server.is_running(), "{}", server.output());
        assert!(started.elapsed() < Duration::from_secs(20), "{}", server.output());
        std::thread::sleep(Duration::from_millis(1));
    }
    while raw::exchange(address, &question).status != 200 {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", server.output());
        std::thread::sleep(Duration::from_millis(1));
    }
    let ready = started.elapsed();
    assert_eq!(server.address(), address);
    (server, ready)
}

fn client(server: &mut Process, writer: &Writer) -> Client {
    let token = TokenBuilder::valid(writer.journal.user()).build();
    Client::new(agent(), server.address(), Some(token))
}

#[rstest]
fn a_killed_server_has_lost_nothing_that_it_acknowledged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let seed = seed();
    let mut random = Rng::with_seed(seed);
    let (url, _folder) = fresh_url(backend);
    let mut writers = Writer::several(WRITERS, random.u64(..));
    let mut restarts = Vec::new();
    let mut server = start(&url).0;
    let rounds = rounds(4, 50);
    for _ in 0..rounds {
        let pause = Duration::from_millis(random.u64(100..600));
        let answered = &AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for writer in &mut writers {
                let client = client(&mut server, writer);
                scope.spawn(move || writer.write_until_cut(&client, answered));
            }
            std::thread::sleep(pause);
            // On a busy machine it takes longer until there is something to lose.
            let started = Instant::now();
            while answered.load(Ordering::Relaxed) < AT_LEAST {
                assert!(started.elapsed() < Duration::from_secs(60), "{}", server.output());
                std::thread::sleep(Duration::from_millis(1));
            }
            server.signal("KILL");
        });
        server.wait();
        let (next, ready) = start(&url);
        server = next;
        restarts.push(ready);
        integrity::check(&url);
        for writer in &mut writers {
            let client = client(&mut server, writer);
            writer.journal.settle(&client);
        }
    }
    let mut counts = Counts::default();
    writers.iter().for_each(|writer| counts += writer.journal.counts);
    assert!(counts.acknowledged > rounds * AT_LEAST / 2, "{counts:?}");
    assert_eq!(counts.in_doubt, rounds * WRITERS, "each writer lost one answer in each round");
    server.signal("TERM");
    assert!(server.wait().success(), "{}", server.output());
    integrity::check(&url);
    let name = format!("kill -9, {backend:?}");
    figure(&name, &format!("{rounds} rounds, seed {seed}: {counts}"));
    figure(&name, &format!("start to ready: {}", spread(&restarts)));
}

//! The server is killed in the middle of writing, again and again, and started on what it left. Clients that follow the
//! changes go on from where they were.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use rstest::rstest;

use crate::extent::{figure, rounds, spread};
use crate::following::try_page;
use crate::integrity;
use crate::journal::Counts;
use crate::load::Writer;
use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::postgres::free_port;
use crate::support::process::Process;
use crate::support::{Backend, Client, Follower, TokenBuilder, raw, seed};

const WRITERS: usize = 6;

/// How many answers there are before the server is killed.
const AT_LEAST: usize = 20;

/// Starts the server and waits until it says that it is ready; how long that took.
fn start(database_url: &str, variables: &[(&str, &str)]) -> (Process, Duration) {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let started = Instant::now();
    let port = address.port().to_string();
    let own = [("PORT", &*port), ("RATE_LIMIT_PER_MINUTE", "0")];
    let all: Vec<_> = own.into_iter().chain(variables.iter().copied()).collect();
    let mut server = Process::serve(database_url, &all);
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

/// Writes, kills, restarts and compares, as often as that. `around` is given the kill, to make it at
/// a moment of its own. What was acknowledged is there each time; what all that came to.
pub fn again_and_again(
    rounds: usize,
    seed: u64,
    database_url: &str,
    variables: &[(&str, &str)],
    around: impl Fn(&dyn Fn()),
) -> (Counts, Vec<Duration>) {
    let mut random = Rng::with_seed(seed);
    let mut writers = Writer::several(WRITERS, random.u64(..));
    let mut followers: Vec<Follower> =
        writers.iter().map(|writer| Follower::new(writer.journal.user())).collect();
    let mut restarts = Vec::new();
    let mut server = start(database_url, variables).0;
    for _ in 0..rounds {
        let pause = Duration::from_millis(random.u64(100..600));
        let answered = &AtomicUsize::new(0);
        let clients: Vec<Client> =
            writers.iter().map(|writer| client(&mut server, writer)).collect();
        std::thread::scope(|scope| {
            for writer in &mut writers {
                let client = client(&mut server, writer);
                scope.spawn(move || writer.write_until_cut(&client, answered));
            }
            for (follower, writer) in followers.iter_mut().zip(&clients) {
                scope.spawn(move || {
                    while try_page(follower, writer, 5).is_some() {
                        std::thread::sleep(Duration::from_millis(2));
                    }
                });
            }
            std::thread::sleep(pause);
            // On a busy machine it takes longer until there is something to lose.
            let started = Instant::now();
            while answered.load(Ordering::Relaxed) < AT_LEAST {
                assert!(started.elapsed() < Duration::from_secs(60), "{}", server.output());
                std::thread::sleep(Duration::from_millis(1));
            }
            around(&|| server.signal("KILL"));
        });
        server.wait();
        let (next, ready) = start(database_url, variables);
        server = next;
        restarts.push(ready);
        integrity::check(database_url);
        for writer in &mut writers {
            let client = client(&mut server, writer);
            writer.journal.settle(&client);
        }
        // From the token of before the kill, without reading everything again.
        for (follower, writer) in followers.iter_mut().zip(&writers) {
            let client = client(&mut server, writer);
            follower.catch_up(&client, 7);
            follower.assert_complete(&client);
        }
    }
    server.signal("TERM");
    assert!(server.wait().success(), "{}", server.output());
    integrity::check(database_url);
    let mut counts = Counts::default();
    writers.iter().for_each(|writer| counts += writer.journal.counts);
    assert!(counts.acknowledged > rounds * AT_LEAST / 2, "{counts:?}");
    assert!(counts.in_doubt >= rounds * WRITERS, "each writer lost an answer in each round");
    (counts, restarts)
}

#[rstest]
fn a_killed_server_has_lost_nothing_that_it_acknowledged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    let (rounds, seed) = (rounds(4, 50), seed());
    let (counts, restarts) = again_and_again(rounds, seed, &url, &[], |kill| kill());
    let name = format!("kill -9, {backend:?}");
    figure(&name, &format!("{rounds} rounds, seed {seed}: {counts}"));
    figure(&name, &format!("start to ready: {}", spread(&restarts)));
}

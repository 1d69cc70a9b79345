//! Ten instances behind nginx on PgBouncer in transaction mode act as one: the limit of a user, the end of a session,
//! idempotency keys, changes and hints hold whichever instance a request meets, and all ten are updated under load without
//! a failed request.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::extent::{figure, ms, spread};
use crate::nginx::{Nginx, lasting_port};
use crate::rolling::{UNLIMITED, assert_unnoticed, replace, start};
use crate::support::client::{agent, new_task, tasks_of};
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::fresh_database;
use crate::support::process::Process;
use crate::support::{Client, Follower, TokenBuilder, raw, seed};
use crate::traffic::Traffic;
use crate::wire::Wire;

const INSTANCES: usize = 10;

/// Of PgBouncer to PostgreSQL: fewer than the instances have together.
const CONNECTIONS: usize = 20;

/// How many requests a minute a user may make, and what may pass of a user who hammers on all instances: what each of them
/// has not told yet comes on top.
const LIMIT: usize = 300;
const FACTOR: f64 = 1.5;

/// How soon another instance must know.
const KNOWN: Duration = Duration::from_secs(2);

struct Fleet {
    url: String,
    ports: Vec<u16>,
    instances: Vec<Process>,
    nginx: Nginx,
    _pooler: PgBouncer,
}

impl Fleet {
    fn start(variables: &[(&str, &str)]) -> Self {
        let direct = fresh_database();
        assert!(Process::start(&["migrate"], &[("DATABASE_URL", &direct)]).wait().success());
        let pooler = PgBouncer::start(&direct, CONNECTIONS);
        let url = pooler.url(&direct);
        let mut random = fastrand::Rng::with_seed(seed());
        let ports: Vec<u16> = (0..INSTANCES).map(|_| lasting_port(&mut random)).collect();
        let instances = ports.iter().map(|port| instance(&url, *port, variables)).collect();
        let nginx = Nginx::before(lasting_port(&mut random), &ports);
        Self { url, ports, instances, nginx, _pooler: pooler }
    }

    fn each(&self, user: &str) -> Vec<Client> {
        let token = TokenBuilder::valid(user).build();
        self.each_with(&token)
    }

    fn each_with(&self, token: &str) -> Vec<Client> {
        let address = |port: &u16| SocketAddr::from(([127, 0, 0, 1], *port));
        let client = |port| Client::new(agent(), address(port), Some(token.to_owned()));
        self.ports.iter().map(client).collect()
    }
}

fn instance(url: &str, port: u16, variables: &[(&str, &str)]) -> Process {
    let pooled = [("DATABASE_PREPARED_STATEMENTS", "off"), ("DATABASE_MAX_CONNECTIONS", "4")];
    start(url, port, &[&pooled, variables].concat())
}

/// How many of a user's requests pass in a minute and a burst, from clients that ask as fast as they can.
fn hammered(fleet: &Fleet, minute: Duration) -> (usize, usize) {
    let (asked, passed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut wire = Wire::new(fleet.nginx.address, "greedy", Duration::from_secs(30));
                while began.elapsed() < minute {
                    let status = wire.get("/api/greedy/tasks?limit=1").unwrap().status;
                    assert!(status == 200 || status == 429, "{status}");
                    asked.fetch_add(1, Ordering::Relaxed);
                    passed.fetch_add(usize::from(status == 200), Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
        }
    });
    (asked.into_inner(), passed.into_inner())
}

#[test]
#[ignore = "takes minutes: make instances-test"]
fn the_limit_of_a_user_holds_across_ten_instances() {
    let limit = LIMIT.to_string();
    let fleet = Fleet::start(&[("RATE_LIMIT_PER_MINUTE", &limit)]);
    // A burst of the whole limit, and what comes back in a minute.
    let expected = 2 * LIMIT;
    let (asked, passed) = hammered(&fleet, Duration::from_secs(60));
    figure(
        "one user on ten instances",
        &format!(
            "{asked} requests in a minute, {passed} passed; one instance lets {expected} pass"
        ),
    );
    assert!(asked > 10 * expected, "{asked} requests are no test of a limit");
    let (passed, expected) = (u32::try_from(passed).unwrap(), u32::try_from(expected).unwrap());
    assert!(f64::from(passed) < FACTOR * f64::from(expected), "{passed} of {expected}");
    assert!(f64::from(passed) > 0.8 * f64::from(expected), "{passed} of {expected}");
    // Another user is not held up.
    fleet.each("modest").iter().for_each(|client| {
        client.get("/api/modest/tasks").expect(200);
    });
}

#[test]
#[ignore = "takes minutes: make instances-test"]
fn ten_instances_act_as_one() {
    let fleet = Fleet::start(&UNLIMITED);
    one_key_makes_one_task(&fleet);
    a_session_ends_everywhere(&fleet);
    changes_and_hints_come_through(&fleet);
    let Fleet { url, ports, mut instances, nginx, _pooler } = fleet;
    let pause = Duration::from_millis(20);
    let traffic = Traffic::start(nginx.address, 8, pause, Duration::from_secs(30), seed());
    std::thread::sleep(Duration::from_millis(500));
    let mut away = Vec::new();
    for (number, port) in ports.iter().enumerate() {
        let start = || instance(&url, *port, &UNLIMITED);
        away.push(replace(&mut instances[number], start));
    }
    assert_unnoticed("rolling update of ten instances", traffic, &away, &nginx);
}

/// At the same time through all of them.
fn one_key_makes_one_task(fleet: &Fleet) {
    let keyed = fleet.each("ann").into_iter().map(|c| c.with_header("Idempotency-Key", "same"));
    let bodies: Vec<_> = std::thread::scope(|scope| {
        let post = |client: Client| {
            scope
                .spawn(move || client.post(&tasks_of("ann"), &json!({"title": "once"})).expect(201))
        };
        let threads: Vec<_> = keyed.map(post).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().json()).collect()
    });
    bodies.windows(2).for_each(|pair| assert_eq!(pair[0], pair[1]));
    let listed = fleet.each("ann")[3].get(&tasks_of("ann")).expect(200).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
}

fn a_session_ends_everywhere(fleet: &Fleet) {
    let token = TokenBuilder::valid("ben").claim("sid", "s1").build();
    let clients = fleet.each_with(&token);
    clients.iter().for_each(|client| {
        client.get(&tasks_of("ben")).expect(200);
    });
    let address = SocketAddr::from(([127, 0, 0, 1], fleet.ports[0]));
    let web_app = Client::new(agent(), address, None)
        .with_header("Content-Type", "application/x-www-form-urlencoded");
    let body = format!("logout_token={}", TokenBuilder::logout("s1").build());
    let began = Instant::now();
    web_app.send("POST", "/backchannel-logout", Some(body.as_bytes())).expect(200);
    let refused = |client: &Client| {
        while client.get(&tasks_of("ben")).status != 401 {
            assert!(began.elapsed() < KNOWN, "the token lives on");
        }
        began.elapsed()
    };
    let took: Vec<_> = clients.iter().map(refused).collect();
    figure("sign-out to refusal, on the last of ten", &ms(took.into_iter().max().unwrap()));
}

/// One client listens and follows through nginx, others write through each instance.
fn changes_and_hints_come_through(fleet: &Fleet) {
    let mut stream = raw::connect(fleet.nginx.address);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let token = TokenBuilder::valid("cleo").build();
    let head = [format!("Authorization: Bearer {token}")];
    stream.write_all(&raw::request("GET", "/api/cleo/events", &head, b"")).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut hint = || lines.by_ref().find(|line| line.starts_with("data: ")).unwrap();
    hint();
    let mut follower = Follower::new("cleo");
    let reader = Client::new(agent(), fleet.nginx.address, Some(token));
    let mut late = Vec::new();
    for client in &fleet.each("cleo") {
        new_task(client, "cleo", "a");
        let began = Instant::now();
        hint();
        late.push(began.elapsed());
        follower.catch_up(&reader, 3);
    }
    follower.assert_complete(&reader);
    figure("a write on each of ten to its hint", &spread(&late));
    assert!(late.iter().all(|late| *late < KNOWN), "{late:?}");
}

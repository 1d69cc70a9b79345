//! Clients that ask and do not read: whatever they ask for, each costs a bounded amount of memory, and each is
//! disconnected in time.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::extent::{figure, ms};
use crate::support::database::{execute, insert_tasks};
use crate::support::process::Process;
use crate::support::{Backend, TokenBuilder, app, raw};
use crate::{descriptors, memory};

/// What one connection may cost, in bytes.
const MOST: u64 = 64 * 1024;

/// One user may have four exports at once.
const USERS: usize = 10;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A request, which is repeated without end in a pipeline, or asked once.
struct Kind {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    lines: &'static [&'static str],
    repeats: bool,
}

const fn once(name: &'static str, path: &'static str, lines: &'static [&'static str]) -> Kind {
    Kind { name, method: "GET", path, lines, repeats: false }
}

const fn pipelined(
    name: &'static str,
    (method, path): (&'static str, &'static str),
    lines: &'static [&'static str],
) -> Kind {
    Kind { name, method, path, lines, repeats: true }
}

const GZIP: &[&str] = &["Accept-Encoding: gzip"];
const PREFLIGHT: &[&str] = &["Origin: http://localhost:3000", "Access-Control-Request-Method: GET"];

/// Below `/api/USER` the user's own name is put in.
const KINDS: &[Kind] = &[
    once("export", "/api/USER/export", &[]),
    once("compressed export", "/api/USER/export", GZIP),
    once("long list", "/api/USER/tasks?limit=200", &[]),
    once("compressed long list", "/api/USER/tasks?limit=200", GZIP),
    once("the longest list in one body", "/api/USER/tasks?limit=37", &[]),
    once("the documentation's bundle", "/docs/swagger-ui-bundle.js", &[]),
    once("its compressed form", "/docs/swagger-ui-bundle.js", GZIP),
    once("the description", "/openapi.json", &[]),
    pipelined("lists in a pipeline", ("GET", "/api/USER/tasks?limit=37"), &[]),
    pipelined("compressed lists in a pipeline", ("GET", "/api/USER/tasks?limit=37"), GZIP),
    pipelined("errors in a pipeline", ("GET", "/api/USER/tasks?limit=x&sort=x&status=x"), &[]),
    pipelined("short requests in a pipeline", ("GET", "/"), &[]),
    pipelined("preflights in a pipeline", ("OPTIONS", "/api/a/tasks"), PREFLIGHT),
    pipelined("HEAD in a pipeline", ("HEAD", "/openapi.json"), &[]),
];

/// A database with tasks for all users, which do not become short when they are compressed.
pub fn filled() -> (String, Option<tempfile::TempDir>) {
    let (url, folder) = app::fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    process.address();
    for user in 0..USERS {
        insert_tasks(&url, &format!("unread-{user}"), 200, 1);
    }
    execute(&url, "UPDATE tasks SET description = hex(randomblob(500))");
    process.signal("TERM");
    process.wait();
    (url, folder)
}

fn serve(url: &str, response_timeout: &str) -> Process {
    let variables = [
        // What is measured is what connections hold, and not what each thread keeps for later.
        ("MALLOC_ARENA_MAX", "1"),
        ("RESPONSE_TIMEOUT_SECONDS", response_timeout),
        ("DATABASE_MAX_CONNECTIONS", "1"),
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("AUTH_FAILURES_PER_MINUTE", "0"),
    ];
    Process::serve(url, &variables)
}

/// The bytes of one request of the user with this number.
fn request(kind: &Kind, number: usize) -> Vec<u8> {
    let user = format!("unread-{}", number % USERS);
    let path = kind.path.replace("USER", &user);
    let token = TokenBuilder::valid(&user).claim("exp", i64::from(u32::MAX)).build();
    let authorization = format!("Authorization: Bearer {token}");
    let mut lines = kind.lines.to_vec();
    if path.starts_with("/api") && kind.method != "OPTIONS" {
        lines.push(&authorization);
    }
    raw::request(kind.method, &path, &lines, b"")
}

/// Asks on a connection that has hardly any room for the answer.
fn ask(address: SocketAddr, from: IpAddr, kind: &Kind, number: usize) -> TcpStream {
    let bytes = request(kind, number);
    let mut stream = raw::connect_narrow(from, address);
    if !kind.repeats {
        stream.write_all(&bytes).unwrap();
        return stream;
    }
    // Until the server, which sends to a client that does not read, reads no more itself.
    stream.set_write_timeout(Some(Duration::from_millis(5))).unwrap();
    let many = bytes.repeat(64 * 1024 / bytes.len() + 1);
    while stream.write_all(&many).is_ok() {}
    stream
}

/// Asks, and reads as much as tells that there is an answer.
fn ask_and_wait(address: SocketAddr, kind: &Kind, number: usize) -> TcpStream {
    let mut stream = ask(address, LOCALHOST, kind, number);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    let is_good = status.ends_with(b" 200") || (kind.repeats && status.starts_with(b"HTTP/1.1 4"));
    assert!(is_good, "{}: {}", kind.name, String::from_utf8_lossy(&status));
    stream
}

/// Waits until the process takes no more memory, and gives what it has, in bytes.
fn settled(process: &Process) -> u64 {
    let mut before = 0;
    loop {
        let now = memory::resident_kib(process.id()) * 1024;
        if now <= before {
            return before;
        }
        before = now;
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_client_that_does_not_read_costs_no_more_than_64_kib() {
    const HELD: usize = 20;
    let (url, _folder) = filled();
    let mut failures = Vec::new();
    for kind in KINDS {
        let mut process = serve(&url, "60");
        let address = process.address();
        // What each worker and each connection to the database has but once.
        let rounds = if kind.path.contains("USER") { 2 * USERS } else { 4 };
        for number in 0..rounds {
            let mut lines = vec!["Connection: close".to_owned()];
            lines.extend(kind.lines.iter().map(|line| (*line).to_owned()));
            let user = format!("unread-{}", number % USERS);
            lines.push(format!("Authorization: Bearer {}", TokenBuilder::valid(&user).build()));
            let path = kind.path.replace("USER", &user);
            raw::exchange(address, &raw::request(kind.method, &path, &lines, b""));
        }
        // One after the other: how many threads read the database at once is not what is measured.
        let ask = |number| ask_and_wait(address, kind, number);
        // The first ones also pay for threads and for gaps between what is in use.
        let mut held: Vec<_> = (0..HELD).map(ask).collect();
        let before = settled(&process);
        held.extend((HELD..2 * HELD).map(ask));
        let each = settled(&process).saturating_sub(before) / u64::try_from(HELD).unwrap();
        figure("unread", &format!("{}: {} KiB for each connection", kind.name, each / 1024));
        if each > MOST {
            failures.push((kind.name, each));
        }
        drop(held);
    }
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn a_client_that_does_not_read_is_disconnected_in_time() {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let (url, _folder) = filled();
    let mut process = serve(&url, &TIMEOUT.as_secs().to_string());
    let address = process.address();
    raw::exchange(address, &raw::request("GET", "/health", &["Connection: close"], b""));
    std::thread::sleep(Duration::from_millis(200));
    let before = descriptors::count(process.id()).0;
    let asked = Instant::now();
    let held: Vec<_> =
        KINDS.iter().enumerate().map(|(user, kind)| ask(address, LOCALHOST, kind, user)).collect();
    let opened = descriptors::count(process.id()).0;
    assert_eq!(opened, before + KINDS.len(), "some answers were taken");
    while descriptors::count(process.id()).0 > before {
        assert!(asked.elapsed() < 5 * TIMEOUT, "{}", descriptors::count(process.id()).0 - before);
        std::thread::sleep(Duration::from_millis(50));
    }
    figure("unread", &format!("{} disconnected after {}", held.len(), ms(asked.elapsed())));
    // The kernel has let go of them, too: each was reset.
    let reset = held.iter().filter(|stream| stream.take_error().unwrap().is_some()).count();
    assert_eq!(reset, held.len());
}

/// Holds as many unread answers as it can, of all kinds.
pub struct Attacker {
    address: SocketAddr,
    from: IpAddr,
    held: Vec<TcpStream>,
}

impl Attacker {
    pub fn new(address: SocketAddr, from: IpAddr, count: usize) -> Self {
        let held = (0..count)
            .map(|number| ask(address, from, &KINDS[number % KINDS.len()], number / KINDS.len()));
        Self { address, from, held: held.collect() }
    }

    /// Asks again on new connections for those that were closed. Returns how many these were.
    pub fn turn(&mut self) -> usize {
        let mut closed = 0;
        for (number, stream) in self.held.iter_mut().enumerate() {
            if stream.take_error().unwrap().is_some() {
                let kind = &KINDS[number % KINDS.len()];
                *stream = ask(self.address, self.from, kind, number / KINDS.len());
                closed += 1;
            }
        }
        closed
    }
}

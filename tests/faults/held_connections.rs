//! Connections that nothing ends by itself: in whatever state a client leaves one, the server closes it in time.

use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::extent::{figure, ms};
use crate::support::process::Process;
use crate::support::{Backend, TokenBuilder, app, raw};
use crate::wire;

/// A way to hold a connection: what is answered first, what is left unfinished then, and what is sent now and then.
struct Kind {
    name: &'static str,
    answered: Vec<u8>,
    unfinished: Vec<u8>,
    drop: &'static [u8],
}

fn kinds() -> Vec<Kind> {
    let token = TokenBuilder::valid("holder").claim("exp", i64::from(u32::MAX)).build();
    let authorization = format!("Authorization: Bearer {token}");
    let chunked = "Transfer-Encoding: chunked";
    let json = "Content-Type: application/json";
    let request = |method: &str, path: &str, lines: &[&str]| raw::request(method, path, lines, b"");
    let get = request("GET", "/health", &[]);
    let post = |lines: &[&str]| request("POST", "/api/holder/tasks", lines);
    let begun = |name, unfinished, drop| Kind { name, answered: Vec::new(), unfinished, drop };
    let again = |name, unfinished: &[u8], drop| Kind {
        name,
        answered: get.clone(),
        unfinished: unfinished.to_vec(),
        drop,
    };
    // With an early 401 the body is still to come.
    let refused = |name, length: &str, drop| Kind {
        name,
        answered: post(&[json, length]),
        unfinished: Vec::new(),
        drop,
    };
    vec![
        begun("nothing at all", Vec::new(), b""),
        begun("a header that comes slowly", b"GET /health HTTP/1.1\r\nX: ".to_vec(), b"a"),
        again("idle after an answer", b"", b""),
        again("a byte after an answer", b"G", b""),
        again("a second header that comes slowly", b"GET /health HTTP/1.1\r\nX: ", b"a"),
        again("empty lines after an answer", b"", b"\r\n"),
        begun("chunks that never come", post(&[json, chunked, &authorization]), b""),
        begun("chunks that come slowly", post(&[json, chunked, &authorization]), b"1\r\n \r\n"),
        begun(
            "a body that comes slowly",
            post(&[json, "Content-Length: 999", &authorization]),
            b" ",
        ),
        begun(
            "a body that is expected",
            post(&[json, "Expect: 100-continue", "Content-Length: 9", &authorization]),
            b"",
        ),
        refused("chunks that never come after an answer", chunked, b""),
        refused("chunks that come slowly after an answer", chunked, b"1\r\n \r\n"),
        refused("a body that never comes after an answer", "Content-Length: 999", b""),
        Kind {
            name: "chunks of a read that never come",
            answered: request("GET", "/health", &[chunked]),
            unfinished: Vec::new(),
            drop: b"",
        },
    ]
}

/// A connection that is held.
struct Held {
    kind: usize,
    stream: TcpStream,
    since: Instant,
}

impl Held {
    fn open(address: SocketAddr, from: IpAddr, number: usize, kind: &Kind) -> Self {
        let mut stream = connect_from(from, address);
        if !kind.answered.is_empty() {
            stream.write_all(&kind.answered).unwrap();
            wire::read_answer(&mut BufReader::new(&stream)).unwrap();
        }
        stream.write_all(&kind.unfinished).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self { kind: number, stream, since: Instant::now() }
    }

    /// Whether the server has closed it, after what it still had to say.
    fn is_closed(&mut self) -> bool {
        loop {
            match self.stream.read(&mut [0; 4096]) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }
}

/// A connection from this address of the machine itself.
pub fn connect_from(from: IpAddr, address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(from, 0).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Holds so many connections, of all kinds, and opens a new one for each that is closed.
pub struct Attacker {
    address: SocketAddr,
    from: IpAddr,
    kinds: Vec<Kind>,
    held: Vec<Held>,
    longest: Vec<Duration>,
}

impl Attacker {
    pub fn new(address: SocketAddr, from: IpAddr, count: usize) -> Self {
        let kinds = kinds();
        let longest = vec![Duration::ZERO; kinds.len()];
        let mut attacker = Self { address, from, kinds, held: Vec::new(), longest };
        attacker.held = (0..count).map(|number| attacker.open(number)).collect();
        attacker
    }

    fn open(&self, number: usize) -> Held {
        let number = number % self.kinds.len();
        Held::open(self.address, self.from, number, &self.kinds[number])
    }

    /// Sends what comes slowly, and replaces what was closed. Returns how many connections that were.
    pub fn turn(&mut self) -> usize {
        let mut closed = 0;
        for index in 0..self.held.len() {
            if self.has_ended(index) {
                self.held[index] = self.open(self.held[index].kind);
                closed += 1;
            }
        }
        closed
    }

    fn has_ended(&mut self, index: usize) -> bool {
        let held = &mut self.held[index];
        let kind = &self.kinds[held.kind];
        let ended = held.is_closed() || held.stream.write_all(kind.drop).is_err();
        let longest = &mut self.longest[held.kind];
        *longest = (*longest).max(held.since.elapsed());
        ended
    }

    /// How long a connection of any kind was held, and of which.
    pub fn longest(&self) -> (Duration, &'static str) {
        let all = self.longest.iter().zip(&self.kinds);
        all.map(|(longest, kind)| (*longest, kind.name)).max().unwrap()
    }
}

#[test]
fn every_state_of_a_connection_ends() {
    /// One second for a header, a body or an idle connection, each, and one more for a second header or what is
    /// thrown away; the rest is for a busy machine.
    const LIMIT: Duration = Duration::from_secs(6);
    const OF_EACH: usize = 5;
    let (url, _folder) = app::fresh_url(Backend::Sqlite);
    let variables = [
        ("REQUEST_TIMEOUT_SECONDS", "1"),
        ("KEEP_ALIVE_SECONDS", "1"),
        ("AUTH_FAILURES_PER_MINUTE", "0"),
    ];
    let mut process = Process::serve(&url, &variables);
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let count = kinds().len() * OF_EACH;
    let mut attacker = Attacker::new(process.address(), from, count);
    let started = Instant::now();
    while !attacker.held.is_empty() && started.elapsed() < 2 * LIMIT {
        for index in (0..attacker.held.len()).rev() {
            if attacker.has_ended(index) {
                attacker.held.swap_remove(index);
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut open: Vec<_> =
        attacker.held.iter().map(|held| attacker.kinds[held.kind].name).collect();
    open.dedup();
    assert!(open.is_empty(), "nothing ends {open:?}");
    let (longest, kind) = attacker.longest();
    figure("held connections", &format!("{count} closed, the last after {} ({kind})", ms(longest)));
    assert!(longest < LIMIT, "{kind}: {longest:?}");
    assert!(!process.stderr().contains("ERROR"), "{}", process.stderr());
}

/// `/proc/net/tcp` tells which timer the kernel runs for a connection: 2 is that of keep-alive probes.
#[test]
fn the_kernel_looks_for_peers_that_have_vanished() {
    let (url, _folder) = app::fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    let address = process.address();
    let held = Held::open(address, IpAddr::V4(Ipv4Addr::LOCALHOST), 0, &kinds()[2]);
    let (server, client) = (address.port(), held.stream.local_addr().unwrap().port());
    let ends = |line: &str| {
        let port = |field: usize| {
            let (_, port) = line.split_whitespace().nth(field)?.split_once(':')?;
            u16::from_str_radix(port, 16).ok()
        };
        (port(1), port(2)) == (Some(server), Some(client))
    };
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let line = table.lines().find(|line| ends(line)).unwrap();
    assert!(line.split_whitespace().nth(5).unwrap().starts_with("02:"), "{line}");
}

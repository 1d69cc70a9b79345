//! Bytes that are no good HTTP. Whatever comes back is no fault of the server's, and nothing that stands
//! inside a request is ever answered as if it were one.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use crate::support::process::Process;
use crate::support::{Answer, Backend, app, raw};
use crate::wire;

/// A request that must not be answered where it stands.
const SMUGGLED: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: smuggled\r\n\r\n";

/// A case: its name, what is sent, and the statuses of the answers that may come. No answer at all is
/// always allowed: the connection is closed then.
struct Case(&'static str, Vec<u8>, &'static [u16]);

fn text(name: &'static str, text: &str, statuses: &'static [u16]) -> Case {
    Case(name, text.replace("SMUGGLED", SMUGGLED).into_bytes(), statuses)
}

/// A good request line and these fields, with a body after them.
fn post(name: &'static str, fields: &str, body: &str, statuses: &'static [u16]) -> Case {
    let head = "POST /health HTTP/1.1\r\nHost: localhost\r\n";
    text(name, &format!("{head}{fields}\r\n\r\n{body}"), statuses)
}

/// A good request line and these bytes instead of its fields.
fn fields(name: &'static str, fields: &str, statuses: &'static [u16]) -> Case {
    text(name, &format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n\r\n"), statuses)
}

fn line(name: &'static str, line: &str, statuses: &'static [u16]) -> Case {
    text(name, &format!("{line}\r\nHost: localhost\r\n\r\n"), statuses)
}

/// Refused because it is not HTTP; 404 and 405 where the request is good and only its target is not.
const BAD: &[u16] = &[400];
const ODD: &[u16] = &[200, 400, 404, 405];

fn cases() -> Vec<Case> {
    let long = |length: usize| "a".repeat(length);
    let many: String = (0..5_000).map(|number| format!("X-{number}: a\r\n")).collect();
    vec![
        Case("nothing", Vec::new(), &[]),
        Case("empty lines only", b"\r\n\r\n\r\n\r\n".to_vec(), BAD),
        Case("a TLS hello", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03\r\n\r\n".to_vec(), BAD),
        Case("every byte", (0..=255).chain(*b"\r\n\r\n").collect(), BAD),
        Case("zeros", vec![0; 4096], BAD),
        text("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", BAD),
        line("HTTP/0.9", "GET /health", BAD),
        line("HTTP/9.9", "GET /health HTTP/9.9", BAD),
        line("a small http", "GET /health http/1.1", BAD),
        line("two spaces", "GET  /health HTTP/1.1", BAD),
        line("a tab", "GET\t/health\tHTTP/1.1", BAD),
        line("a space in front", " GET /health HTTP/1.1", BAD),
        line("no method", "/health HTTP/1.1", BAD),
        line("a method that is no token", "G@T(/) /health HTTP/1.1", BAD),
        line("NUL in the target", "GET /hea\0lth HTTP/1.1", BAD),
        line("CR in the target", "GET /hea\rlth HTTP/1.1", BAD),
        line("a target without a slash", "GET health HTTP/1.1", ODD),
        line("bad escapes", "GET /api/%zz/%00/..%2f HTTP/1.1", &[400, 401, 404]),
        line("dots", "GET /../../etc/passwd HTTP/1.1", &[400, 404]),
        line("an absolute target", "GET http://evil.example/health HTTP/1.1", ODD),
        line("CONNECT", "CONNECT evil.example:443 HTTP/1.1", ODD),
        line("an asterisk", "OPTIONS * HTTP/1.1", ODD),
        line(
            "a target of 70,000 bytes",
            &format!("GET /{} HTTP/1.1", long(70_000)),
            &[400, 404, 414],
        ),
        line("a target without end", &format!("GET /{}", long(400_000)), &[400, 413, 414, 431]),
        fields("a field of 300,000 bytes", &format!("X: {}", long(300_000)), &[400, 413, 431]),
        fields("5,000 fields", many.trim_end(), &[400, 413, 431]),
        fields("no colon", "Nonsense", BAD),
        fields("no name", ": a", BAD),
        fields("a space before the colon", "Content-Length : 5", BAD),
        fields("a folded field", "X-Folded: a\r\n b", BAD),
        fields("NUL in a field", "X-Nul: a\0b", BAD),
        fields("CR in a field", "X-Cr: a\rX-Injected: b", BAD),
        fields("bytes above ASCII", "X-High: \u{e4}\u{1f980}", &[200, 400]),
        fields("two hosts", "Host: evil.example", &[200, 400]),
        text("bare line feeds", "GET /health HTTP/1.1\nHost: localhost\n\n", &[200, 400]),
        text("no host", "GET /health HTTP/1.1\r\n\r\n", &[200, 400]),
        post("an odd length", "Content-Length: five", "12345SMUGGLED", BAD),
        post("a length with a sign", "Content-Length: +5", "12345SMUGGLED", BAD),
        post("a negative length", "Content-Length: -5", "12345SMUGGLED", BAD),
        post("a hexadecimal length", "Content-Length: 0x5", "12345SMUGGLED", BAD),
        post("a list of lengths", "Content-Length: 5, 5", "12345SMUGGLED", BAD),
        post("a length beyond 64 bits", "Content-Length: 99999999999999999999", "SMUGGLED", BAD),
        post("two lengths", "Content-Length: 5\r\nContent-Length: 99", "12345SMUGGLED", BAD),
        post(
            "two equal lengths",
            "Content-Length: 99\r\nContent-Length: 99",
            "SMUGGLED",
            &[400, 404, 405],
        ),
        post(
            "a length and chunks",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "0\r\n\r\nSMUGGLED",
            BAD,
        ),
        post(
            "chunks and a length",
            "Transfer-Encoding: chunked\r\nContent-Length: 99",
            "0\r\n\r\nSMUGGLED",
            BAD,
        ),
        post("an unknown coding", "Transfer-Encoding: xchunked", "0\r\n\r\nSMUGGLED", BAD),
        post("chunked twice", "Transfer-Encoding: chunked, chunked", "0\r\n\r\nSMUGGLED", BAD),
        post("chunked first", "Transfer-Encoding: chunked, identity", "0\r\n\r\nSMUGGLED", BAD),
        post(
            "two fields of codings",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "0\r\n\r\nSMUGGLED",
            BAD,
        ),
        text(
            "chunks in HTTP/1.0",
            "POST /health HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nSMUGGLED",
            &[400, 404, 405],
        ),
        post(
            "a chunk of no size",
            "Transfer-Encoding: chunked",
            "zz\r\nSMUGGLED",
            &[400, 404, 405],
        ),
        post(
            "a chunk beyond 64 bits",
            "Transfer-Encoding: chunked",
            "fffffffffffffffff\r\nSMUGGLED",
            &[400, 404, 405],
        ),
        post("a negative chunk", "Transfer-Encoding: chunked", "-1\r\nSMUGGLED", &[400, 404, 405]),
        post(
            "a chunk that runs on",
            "Transfer-Encoding: chunked",
            "1\r\nabcSMUGGLED",
            &[400, 404, 405],
        ),
        post("chunks that end early", "Transfer-Encoding: chunked", "5\r\nab", &[400, 404, 405]),
        post("a body that ends early", "Content-Length: 100", "12345", &[400, 404, 405]),
        post("a request as a body", "Content-Length: 65", "SMUGGLED", &[404, 405]),
        post(
            "an expectation",
            "Expect: 200-ok\r\nContent-Length: 65",
            "SMUGGLED",
            &[404, 405, 417],
        ),
        fields("another protocol", "Connection: Upgrade\r\nUpgrade: websocket", &[200, 400]),
    ]
}

/// Sends the bytes and no more, and reads whatever comes until the connection is closed.
fn answers(address: SocketAddr, bytes: &[u8]) -> Vec<Answer> {
    let mut stream = raw::connect(address);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // A server that has seen enough closes before everything is sent.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut received = Vec::new();
    if let Err(error) = stream.read_to_end(&mut received) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it stays open: {error}");
    }
    let mut answers = Vec::new();
    let mut rest = BufReader::new(received.as_slice());
    while let Ok(answer) = wire::read_answer(&mut rest) {
        answers.push(answer);
    }
    answers
}

/// Fails unless what comes back is allowed.
fn check(address: SocketAddr, Case(name, bytes, statuses): &Case) {
    let answers = answers(address, bytes);
    for answer in &answers {
        assert_ne!(answer.header("x-request-id"), Some("smuggled"), "{name}: {answers:?}");
        assert!(statuses.contains(&answer.status), "{name}: {answers:?}");
    }
    assert!(answers.len() <= 1, "{name} has more than one answer: {answers:?}");
}

/// Sends one case after another, in random order.
pub struct Attacker {
    address: SocketAddr,
    cases: Vec<Case>,
    random: fastrand::Rng,
}

impl Attacker {
    pub fn new(address: SocketAddr, seed: u64) -> Self {
        Self { address, cases: cases(), random: fastrand::Rng::with_seed(seed) }
    }

    /// A few of the cases.
    pub fn turn(&mut self) -> usize {
        const CASES: usize = 5;
        for _ in 0..CASES {
            check(self.address, self.random.choice(&self.cases).unwrap());
        }
        CASES
    }
}

#[test]
fn no_malformed_request_is_served_answered_twice_or_a_fault_of_the_server() {
    let (url, _folder) = app::fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("REQUEST_TIMEOUT_SECONDS", "2")]);
    let address = process.address();
    let mut failures = Vec::new();
    for case in cases() {
        let outcome = std::panic::catch_unwind(|| check(address, &case));
        if outcome.is_err() {
            failures.push(case.0);
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
    assert!(!process.stderr().contains("panicked"), "{}", process.stderr());
}

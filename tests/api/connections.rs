//! The limits of connections: all together, of one address, idle ones, and what one may send.

use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::support::{Backend, TestApp, TokenBuilder, raw};

/// The tests' own address may then hold more than a tenth of the connections.
const NO_SHARE: (&str, &str) = ("TRUSTED_PROXIES", "127.0.0.1");

/// Sends a request on this connection.
fn ask(mut stream: &TcpStream) {
    stream.write_all(&raw::request("GET", "/health", &["Accept: */*"], b"")).unwrap();
}

/// Whether a response arrives within the timeout.
fn is_answered(mut stream: &TcpStream, timeout: Duration) -> bool {
    stream.set_read_timeout(Some(timeout)).unwrap();
    match stream.read(&mut [0; 4096]) {
        Ok(length) => length > 0,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
            false
        }
    }
}

/// The limit is divided among the threads and rounded up, so it may be exceeded by less than one connection per
/// thread.
#[test]
fn a_connection_above_the_limit_waits_until_another_one_closes() {
    const LIMIT: usize = 6;
    let app = TestApp::spawn_with(Backend::Sqlite, &[("MAX_CONNECTIONS", "6"), NO_SHARE]);
    let threads = std::thread::available_parallelism().unwrap().get();
    let most = LIMIT.div_ceil(threads) * threads;
    let mut open = Vec::new();
    let waiting = loop {
        let stream = raw::connect(app.address);
        ask(&stream);
        if !is_answered(&stream, Duration::from_secs(1)) {
            break stream;
        }
        open.push(stream);
        assert!(open.len() <= most, "{} connections are served", open.len());
    };
    assert!(open.len() >= LIMIT, "only {} connections are served", open.len());
    // One client disconnects.
    drop(open.remove(0));
    assert!(is_answered(&waiting, Duration::from_secs(10)), "the one that waited is forgotten");
    open.iter().for_each(ask);
    assert!(open.iter().all(|stream| is_answered(stream, Duration::from_secs(10))));
}

#[test]
fn an_idle_connection_is_closed_after_the_timeout() {
    let app = TestApp::spawn_with(Backend::Sqlite, &[("KEEP_ALIVE_SECONDS", "2")]);
    let mut stream = raw::connect(app.address);
    for _ in 0..2 {
        ask(&stream);
        let answer = raw::read_answer(stream.try_clone().unwrap(), false).expect(200);
        assert_eq!(answer.header("connection"), None, "it may be used again");
        std::thread::sleep(Duration::from_millis(300));
    }
    let idle_since = Instant::now();
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0, "nothing but its end");
    let lasted = idle_since.elapsed();
    assert!((1..4).contains(&lasted.as_secs()), "{lasted:?}");
}

/// A connection from this address of the machine itself.
fn connect_from(from: [u8; 4], app: &TestApp) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&app.address.into()).unwrap();
    socket.into()
}

/// How many of so many connections from this address are served and stay open.
fn served(from: [u8; 4], count: usize, app: &TestApp) -> Vec<TcpStream> {
    let mut open: Vec<_> = (0..count).map(|_| connect_from(from, app)).collect();
    open.retain(|mut stream| {
        let request = raw::request("GET", "/health", &["Accept: */*"], b"");
        let sent = stream.write_all(&request);
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        sent.is_ok() && stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0)
    });
    open
}

#[test]
fn one_address_holds_a_tenth_of_the_connections() {
    let app = TestApp::spawn_with(Backend::Sqlite, &[("MAX_CONNECTIONS", "40")]);
    let mut held = served([127, 0, 0, 2], 10, &app);
    assert_eq!(held.len(), 4);
    assert_eq!(served([127, 0, 0, 3], 3, &app).len(), 3, "another address has its own share");
    held.clear();
    let again = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        served([127, 0, 0, 2], 1, &app).len() == 1
    });
    assert!(again, "closed connections still count");
}

#[test]
fn a_trusted_proxy_holds_as_many_as_there_are() {
    let variables = [("MAX_CONNECTIONS", "40"), ("TRUSTED_PROXIES", "127.0.0.2")];
    let app = TestApp::spawn_with(Backend::Sqlite, &variables);
    assert_eq!(served([127, 0, 0, 2], 20, &app).len(), 20);
    assert_eq!(served([127, 0, 0, 3], 10, &app).len(), 4);
}

#[test]
fn a_header_that_is_too_long_is_431_and_a_long_one_is_not() {
    let app = TestApp::spawn(Backend::Sqlite);
    for (length, status) in [(100_000, 200), (1_000_000, 431)] {
        let field = format!("X-Long: {}", "a".repeat(length));
        let answer = raw::exchange(app.address, &raw::request("GET", "/health", &[field], b""));
        assert_eq!(answer.status, status, "{length}");
    }
}

#[test]
fn requests_of_a_pipeline_are_answered_in_order_however_they_are_cut() {
    let app = TestApp::spawn(Backend::Sqlite);
    let authorization = format!("Authorization: Bearer {}", TokenBuilder::valid("alice").build());
    let mut bytes = Vec::new();
    for number in 0..40 {
        let (method, body): (_, &[u8]) = match number % 3 {
            0 => ("POST", b"{\r\n\r\n\"title\":\r\n\r\n\"a\"}\n\n"),
            _ => ("GET", b""),
        };
        let mut lines = vec![format!("X-Request-Id: {number}"), authorization.clone()];
        if !body.is_empty() {
            lines.push(format!("Content-Length: {}", body.len()));
        }
        bytes.extend(raw::request(method, "/api/alice/tasks", &lines, body));
    }
    let stream = raw::connect(app.address);
    let mut writer = stream.try_clone().unwrap();
    let sending = std::thread::spawn(move || {
        for part in bytes.chunks(97) {
            writer.write_all(part).unwrap();
            std::thread::yield_now();
        }
    });
    let mut reader = BufReader::new(stream);
    for number in 0..40 {
        let answer = raw::read_from(&mut reader);
        assert_eq!(answer.header("x-request-id"), Some(number.to_string().as_str()));
        assert_eq!(answer.status, if number % 3 == 0 { 201 } else { 200 });
    }
    sending.join().unwrap();
}

#[test]
fn a_pipeline_is_answered_to_a_client_that_has_nothing_more_to_say() {
    let app = TestApp::spawn(Backend::Sqlite);
    let authorization = format!("Authorization: Bearer {}", TokenBuilder::valid("alice").build());
    // A search is done by another thread, and the rest waits for it.
    let request = raw::request("GET", "/api/alice/tasks?search=x", &[authorization], b"");
    let mut stream = raw::connect(app.address);
    stream.write_all(&request.repeat(5)).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut reader = BufReader::new(stream);
    for _ in 0..5 {
        assert_eq!(raw::read_from(&mut reader).status, 200);
    }
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

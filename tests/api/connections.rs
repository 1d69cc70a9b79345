//! The limit of connections, and the timeout of an idle one.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{Backend, TestApp, raw};

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
    let app = TestApp::spawn_with(Backend::Sqlite, &[("MAX_CONNECTIONS", "6")]);
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

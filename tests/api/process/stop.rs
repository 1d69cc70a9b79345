//! Stopping: requests in flight get their responses, and the exit code is 0.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;

use crate::support::app::fresh_url;
use crate::support::process::Process;
use crate::support::tokens::TokenBuilder;
use crate::support::{Backend, raw};

#[rstest]
fn a_signal_ends_an_idle_server(#[values("TERM", "INT")] signal: &str) {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    process.address();
    process.signal(signal);
    assert_eq!(process.wait().code(), Some(0));
    assert!(process.stderr().contains("stopped"));
}

#[rstest]
fn a_request_in_flight_is_finished(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("TERM", "INT")] signal: &str,
) {
    let (url, _folder) = fresh_url(backend);
    let mut process = Process::serve(&url, &[]);
    let address = process.address();
    let body = br#"{"title":"In flight"}"#;
    let authorization = format!("Authorization: Bearer {}", TokenBuilder::valid("alice").build());
    let length = format!("Content-Length: {}", body.len());
    let lines = [authorization.as_str(), "Content-Type: application/json", &length];
    let head = raw::request("POST", "/api/alice/tasks", &lines, b"");
    let mut stream = raw::connect(address);
    stream.write_all(&head).unwrap();
    stream.write_all(&body[..5]).unwrap();
    std::thread::sleep(Duration::from_millis(300));

    process.signal(signal);
    std::thread::sleep(Duration::from_millis(500));
    assert!(process.is_running(), "it did not wait: {}", process.stderr());
    assert!(TcpStream::connect(address).is_err(), "new connections are refused meanwhile");

    stream.write_all(&body[5..]).unwrap();
    let answer = raw::read_answer(stream, false).expect(201);
    assert_eq!(answer.json()["title"], "In flight");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn during_the_shutdown_delay_the_server_is_not_ready_and_still_serves() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("SHUTDOWN_DELAY_SECONDS", "2")]);
    let alice = process.as_user("alice");
    assert_eq!(alice.get("/health/ready").header("connection"), None);
    process.signal("TERM");
    std::thread::sleep(Duration::from_millis(300));

    let ready = alice.get("/health/ready").expect(503);
    assert_eq!(ready.json()["detail"], "Not ready: the server is stopping.");
    alice.get("/health").expect(200);
    let task = json!({"title": "Late"});
    let answer = alice.post("/api/alice/tasks", &task).expect(201);
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(process.wait().code(), Some(0));
}

/// A proxy keeps its connections. None may close before it got a response that announces it.
#[test]
fn an_open_connection_gets_one_more_response_while_new_ones_are_refused() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    let address = process.address();
    let mut stream = raw::connect(address);
    let request = raw::request("GET", "/health", &[""; 0], b"");
    stream.write_all(&request).unwrap();
    let answer = raw::read_answer(stream.try_clone().unwrap(), false).expect(200);
    assert_eq!(answer.header("connection"), None);
    process.signal("TERM");
    std::thread::sleep(Duration::from_millis(400));
    assert!(TcpStream::connect(address).is_err(), "new connections are refused");
    stream.write_all(&request).unwrap();
    let answer = raw::read_answer(stream, false).expect(200);
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(process.wait().code(), Some(0));
    assert!(!process.stderr().contains("ERROR"), "{}", process.stderr());
}

#[test]
fn an_idle_connection_does_not_delay_the_stop() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    let mut stream = raw::connect(process.address());
    stream.write_all(&raw::request("GET", "/health", &[""; 0], b"")).unwrap();
    raw::read_answer(stream.try_clone().unwrap(), false).expect(200);
    process.signal("TERM");
    let started = Instant::now();
    assert_eq!(process.wait().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

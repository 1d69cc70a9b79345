//! Stopping: what is in flight gets its answer, and the exit code says that all is well.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use rstest::rstest;

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

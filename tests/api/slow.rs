//! Slow clients: each has a timeout, and none delays the others.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::support::{Backend, TestApp, TokenBuilder, raw};

const ONE_SECOND: &[(&str, &str)] = &[("REQUEST_TIMEOUT_SECONDS", "1")];

#[test]
fn a_missing_body_is_408_after_the_timeout() {
    let app = TestApp::spawn_with(Backend::Sqlite, ONE_SECOND);
    let authorization = format!("Authorization: Bearer {}", TokenBuilder::valid("alice").build());
    let lines = [authorization.as_str(), "Content-Type: application/json", "Content-Length: 20"];
    let mut stream = raw::connect(app.address);
    stream.write_all(&raw::request("POST", "/api/alice/tasks", &lines, b"{")).unwrap();
    let started = Instant::now();
    let answer = raw::read_answer(stream, false).expect(408);
    assert_eq!(answer.code(), "request_timeout");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn a_body_that_arrives_too_slowly_is_408() {
    let app = TestApp::spawn_with(Backend::Sqlite, ONE_SECOND);
    let authorization = format!("Authorization: Bearer {}", TokenBuilder::valid("alice").build());
    let lines = [authorization.as_str(), "Content-Type: application/json", "Content-Length: 900"];
    let mut stream = raw::connect(app.address);
    stream.write_all(&raw::request("POST", "/api/alice/tasks", &lines, b"{")).unwrap();
    for _ in 0..15 {
        std::thread::sleep(Duration::from_millis(100));
        // At some point the server stops reading, as it should.
        let _ = stream.write_all(b" ");
    }
    raw::read_answer(stream, false).expect(408);
}

#[test]
fn an_unfinished_header_is_408() {
    let app = TestApp::spawn_with(Backend::Sqlite, ONE_SECOND);
    let mut stream = raw::connect(app.address);
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").unwrap();
    let started = Instant::now();
    raw::read_answer(stream, false).expect(408);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn other_clients_are_served_meanwhile() {
    let app = TestApp::spawn(Backend::Sqlite);
    let slow: Vec<_> = (0..50)
        .map(|_| {
            let mut stream = raw::connect(app.address);
            stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").unwrap();
            stream
        })
        .collect();
    let started = Instant::now();
    app.as_user("alice").get("/api/alice/tasks").expect(200);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    drop(slow);
}

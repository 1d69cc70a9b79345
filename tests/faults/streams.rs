//! Event streams through the real nginx, with the file that operators are given: each hint comes through at once, also
//! after nothing has been said for longer than nginx waits for other answers.

use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

use crate::extent::rounds;
use crate::nginx::{Nginx, lasting_port};
use crate::support::client::new_task;
use crate::support::process::Process;
use crate::support::{Backend, TokenBuilder, app, raw, seed};

/// Longer than the `proxy_read_timeout` of other requests, in seconds, if there is time.
fn silence() -> Duration {
    Duration::from_secs(u64::try_from(rounds(1, 50)).unwrap())
}

#[test]
fn hints_come_through_nginx_at_once() {
    let mut random = fastrand::Rng::with_seed(seed());
    let port = lasting_port(&mut random);
    let port_text = port.to_string();
    let (url, _folder) = app::fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("PORT", &port_text)]);
    let client = process.as_user("alice");
    let nginx = Nginx::start(lasting_port(&mut random), [port, port]);

    let mut stream = raw::connect(nginx.address);
    stream.set_read_timeout(Some(silence() + Duration::from_secs(20))).unwrap();
    let token = format!("Authorization: Bearer {}", TokenBuilder::valid("alice").build());
    stream.write_all(&raw::request("GET", "/api/alice/events", &[token], b"")).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut hint = || {
        for line in lines.by_ref() {
            if line.starts_with("data: ") {
                return line;
            }
        }
        panic!("the stream has ended: {}", nginx.log());
    };
    let mut told = vec![hint()];
    for _ in 0..3 {
        std::thread::sleep(silence());
        let began = Instant::now();
        new_task(&client, "alice", "a");
        told.push(hint());
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
    told.dedup();
    assert_eq!(told.len(), 4);
    assert_eq!(nginx.log(), "");
}

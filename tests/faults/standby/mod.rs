//! A standby takes over, as the server sees it that knows both hosts: without Patroni, so that it is quick enough for every
//! run (`failover` has the whole).

mod pair;

use std::time::{Duration, Instant};

use serde_json::json;

use self::pair::Pair;
use crate::support::Client;
use crate::support::client::new_task;
use crate::support::database::execute;
use crate::support::process::Process;

/// How long after the promotion requests may still fail.
const RECOVERY: Duration = Duration::from_secs(2);

/// One second for a connection, one for a statement and two for an answer: then all that was sent to the frozen server is
/// given up.
const GIVEN_UP: Duration = Duration::from_secs(5);

/// Asks until there is no 503, and returns how long that took. Every other answer must be the good one.
fn until_served(client: &Client, path: &str) -> Duration {
    let began = Instant::now();
    loop {
        let answer = client.get(path);
        if answer.status == 200 {
            return began.elapsed();
        }
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.header("retry-after").is_some());
        assert!(began.elapsed() < Duration::from_secs(20), "the new primary is not found");
    }
}

#[test]
fn a_frozen_primary_is_left_for_the_new_one_and_not_read_when_it_wakes_up() {
    let mut pair = Pair::start();
    let url = pair.url(&[0, 1]) + "?target_session_attrs=read-write";
    let variables = [
        ("DATABASE_ACQUIRE_TIMEOUT_SECONDS", "1"),
        ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "1"),
        ("RATE_LIMIT_PER_MINUTE", "0"),
    ];
    let mut server = Process::serve(&url, &variables);
    let client = server.as_user("alice");
    let first = new_task(&client, "alice", "before");
    client.get(&first).expect(200);
    // The standby has it.
    execute(&pair.url(&[0]), "SELECT pg_switch_wal()");
    std::thread::sleep(Duration::from_millis(500));

    pair.order("freeze");
    let frozen = Instant::now();
    while frozen.elapsed() < GIVEN_UP {
        assert_eq!(client.get(&first).status, 503);
    }
    pair.order("promote");
    let served = until_served(&client, &first);
    assert!(served < RECOVERY, "{served:?}");
    let second = new_task(&client, "alice", "after");

    pair.order("thaw");
    for _ in 0..10 {
        // Every connection has to be made again, and the old primary is the first host.
        execute(
            &pair.url(&[1]),
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        );
        until_served(&client, &second);
    }
}

/// A worker's own connections are to the frozen server; nothing else is sent that could find that out.
#[test]
fn the_only_read_and_the_only_write_meanwhile_reach_the_new_primary() {
    let mut pair = Pair::start();
    let url = pair.url(&[0, 1]) + "?target_session_attrs=read-write";
    let mut server = Process::serve(&url, &[]);
    let client = server.as_user("alice");
    let task = new_task(&client, "alice", "before");
    for _ in 0..50 {
        client.get(&task).expect(200);
        new_task(&client, "alice", "another");
    }
    // Longer than a connection for writes is trusted.
    std::thread::sleep(Duration::from_millis(1_500));
    pair.order("freeze");
    std::thread::scope(|scope| {
        let read = scope.spawn(|| client.get(&task).status);
        let write = scope.spawn(|| client.post("/api/alice/tasks", &json!({"title": "b"})).status);
        std::thread::sleep(Duration::from_millis(100));
        pair.order("promote");
        assert_eq!((read.join().unwrap(), write.join().unwrap()), (200, 201));
    });
}

#[test]
fn a_standby_alone_is_refused_at_the_start() {
    let pair = Pair::start();
    let mut server = Process::serve(&pair.url(&[1]), &[]);
    assert_eq!(server.wait().code(), Some(1));
    let said = server.stderr();
    assert!(said.contains("the server is a standby, which takes no writes"), "{said}");
}

//! The workers' connections for writes are cut or fall silent: nothing that was acknowledged is lost,
//! nothing is done twice, and later requests do not wait.

use std::net::SocketAddr;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use serde_json::json;

use super::own_connections::{
    CALLERS, Over, Stopped, Until, WRITES, caller, end, spawn_with_write_connections, users,
    wait_for, wait_for_write_connections,
};
use crate::support::client::{new_task, tasks_of};
use crate::support::database::{assert_owners_agree, number};
use crate::support::{Backend, TestApp};

/// Makes tasks until it is over, and gives the ids of those that were acknowledged.
fn make_tasks(address: SocketAddr, user: &str, over: &Over) -> Vec<i64> {
    let client = caller(address, user);
    let mut acknowledged = Vec::new();
    while !over.is_over() {
        let answer = client.post(&tasks_of(user), &json!({"title": "Counted"}));
        match answer.status {
            201 => acknowledged.push(answer.json()["id"].as_i64().unwrap()),
            _ => drop(answer.expect(503)),
        }
    }
    acknowledged
}

#[test]
fn what_was_acknowledged_is_stored_when_connections_are_cut() {
    let app = spawn_with_write_connections(&[]);
    let url = &app.database_url;
    let over = Over::default();
    let users = users();
    thread::scope(|scope| {
        let (over, address) = (&over, app.address);
        let writers: Vec<_> =
            users.iter().map(|user| scope.spawn(move || make_tasks(address, user, over))).collect();
        let until = Until(over);
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(100));
            end(url, WRITES);
        }
        drop(until);
        for (user, writer) in users.iter().zip(writers) {
            let acknowledged = writer.join().unwrap();
            assert!(!acknowledged.is_empty());
            let ids: Vec<String> = acknowledged.iter().map(i64::to_string).collect();
            let stored = format!(
                "SELECT count(*) AS number FROM tasks WHERE user_id = '{user}' AND id IN ({})",
                ids.join(", ")
            );
            assert_eq!(usize::try_from(number(url, &stored)).unwrap(), acknowledged.len());
        }
    });
    assert_owners_agree(url);
    wait_for_write_connections(&app);
}

/// And what it was given is neither lost nor done twice.
#[test]
fn one_that_is_silent_holds_up_no_later_request() {
    let variables = [("DATABASE_MAX_CONNECTIONS", "6")];
    let app = TestApp::spawn_with(Backend::Postgres, &variables);
    let url = &app.database_url;
    let make = |user: &str| drop(new_task(&caller(app.address, user), user, "Once"));
    wait_for(url, 1, WRITES, || make("other"));
    let stopped = Stopped::new(url, WRITES);
    let made = thread::scope(|scope| {
        let mut early = Vec::new();
        // One after the other, until one of them is sent through it.
        while early.iter().all(ScopedJoinHandle::is_finished) {
            early.push(scope.spawn(|| make("early")));
            thread::sleep(Duration::from_millis(200));
        }
        early.extend((0..CALLERS).map(|_| scope.spawn(|| make("early"))));
        thread::sleep(Duration::from_millis(1200));
        let started = Instant::now();
        (0..CALLERS).for_each(|_| make("late"));
        let took = started.elapsed();
        let waiting = early.iter().filter(|writer| !writer.is_finished()).count();
        drop(stopped);
        // Held up, they would take as long as an answer may: ten seconds.
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(waiting, 1, "only what it was given may wait for its answer");
        early.len()
    });
    for (user, made) in [("early", made), ("late", CALLERS)] {
        let stored = format!("SELECT count(*) AS number FROM tasks WHERE user_id = '{user}'");
        assert_eq!(usize::try_from(number(url, &stored)).unwrap(), made);
    }
}

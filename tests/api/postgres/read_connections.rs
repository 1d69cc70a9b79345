//! Reads through the workers' own connections: each user gets its own tasks and no others, and no request
//! fails when such a connection is cut or falls silent.

use std::net::SocketAddr;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;

use super::own_connections::{
    CALLERS, Over, READS, Stopped, Until, WRITES, caller, connections, end, wait_for, workers,
};
use crate::support::client::{new_task, tasks_of};
use crate::support::database::insert_tasks;
use crate::support::postgres::{connect, fresh_database};
use crate::support::process::Process;
use crate::support::{Backend, TestApp};

/// Asks until every worker that may have one has a connection for reads.
fn wait_for_read_connections(url: &str, address: SocketAddr) {
    wait_for(url, workers().min(4), READS, || {
        caller(address, "other").get(&tasks_of("other")).expect(200);
    });
}

/// Reads a user's list and first task again and again, and another user's task under its own path, until
/// it is over.
fn read_and_check(address: SocketAddr, user: &str, tasks: usize, over: &Over) -> usize {
    let client = caller(address, user);
    let mut reads = 0;
    while !over.is_over() {
        let listed = client.get(&tasks_of(user)).expect(200).json();
        let listed = listed.as_array().unwrap();
        assert_eq!(listed.len(), tasks, "{user}");
        assert!(listed.iter().all(|task| task["user_id"] == user), "{user}: {listed:?}");
        let one = client.get(&format!("{}/{tasks}", tasks_of(user))).expect(200).json();
        assert_eq!(
            (one["user_id"].as_str(), one["id"].as_i64()),
            (Some(user), i64::try_from(tasks).ok())
        );
        client.get(&format!("{}/{}", tasks_of(user), tasks + 1)).expect(404);
        reads += 3;
    }
    reads
}

/// Every user has another number of tasks, so that each has one that the user before does not have.
fn read_while(address: SocketAddr, url: &str, happening: impl FnOnce()) {
    let users: Vec<(String, usize)> = (1..=8).map(|n| (format!("user-{n}"), n * 3)).collect();
    for (user, tasks) in &users {
        insert_tasks(url, user, *tasks, 20);
    }
    wait_for_read_connections(url, address);
    let over = Over::default();
    thread::scope(|scope| {
        let over = &over;
        let readers: Vec<_> = users
            .iter()
            .map(|(user, tasks)| scope.spawn(move || read_and_check(address, user, *tasks, over)))
            .collect();
        let until = Until(over);
        happening();
        drop(until);
        let reads = readers.into_iter().map(|reader| reader.join().unwrap());
        assert!(reads.sum::<usize>() > 100);
    });
}

#[test]
fn each_user_gets_its_own_tasks_and_no_others() {
    let app = TestApp::spawn(Backend::Postgres);
    let url = &app.database_url;
    read_while(app.address, url, || {
        let asked = format!("{READS} AND query LIKE 'SELECT%FROM tasks WHERE%'");
        let started = Instant::now();
        while connections(url, &asked) == 0 {
            assert!(
                started.elapsed() < Duration::from_secs(5),
                "no task was read through a worker's connection"
            );
        }
        thread::sleep(Duration::from_secs(1));
    });
}

/// A read that was under way is sent again through the pool.
#[test]
fn no_request_fails_when_they_are_cut() {
    let app = TestApp::spawn(Backend::Postgres);
    let url = &app.database_url;
    read_while(app.address, url, || {
        for _ in 0..10 {
            end(url, READS);
            thread::sleep(Duration::from_millis(50));
        }
    });
    wait_for_read_connections(url, app.address);
}

/// And it is replaced after a second, so that the reads which it was given do not wait longer.
#[test]
fn one_that_is_silent_holds_up_no_later_request() {
    let url = fresh_database();
    let app = TestApp::spawn_on(&url, Backend::Postgres, &[("DATABASE_MAX_CONNECTIONS", "3")]);
    let path = new_task(&app.as_user("alice"), "alice", "Here");
    wait_for(&url, 1, READS, || drop(caller(app.address, "alice").get(&path).expect(200)));
    let stopped = Stopped::new(&url, READS);
    thread::scope(|scope| {
        let early: Vec<_> = (0..CALLERS)
            .map(|_| scope.spawn(|| caller(app.address, "alice").get(&path).expect(200)))
            .collect();
        thread::sleep(Duration::from_millis(300));
        let waiting = early.iter().filter(|reader| !reader.is_finished()).count();
        let later = |seconds: u64| {
            let started = Instant::now();
            for _ in 0..CALLERS {
                caller(app.address, "alice").get(&path).expect(200);
            }
            assert!(started.elapsed() < Duration::from_secs(seconds), "{:?}", started.elapsed());
        };
        assert!(waiting > 0, "no request has met it");
        later(1);
        thread::sleep(Duration::from_secs(1));
        later(1);
        let replaced = Instant::now();
        while !early.iter().all(ScopedJoinHandle::is_finished) {
            assert!(replaced.elapsed() < Duration::from_secs(2), "a request still waits for it");
        }
    });
    drop(stopped);
}

/// And is not sent a second time.
#[test]
fn a_statement_is_given_up_in_time() {
    let timeout = ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "1");
    let app = TestApp::spawn_with(Backend::Postgres, &[timeout]);
    let path = new_task(&app.as_user("alice"), "alice", "Locked");
    wait_for_read_connections(&app.database_url, app.address);
    let mut other = connect(&app.database_url).unwrap();
    other.batch_execute("BEGIN; LOCK TABLE tasks").unwrap();
    let started = Instant::now();
    caller(app.address, "alice").get(&path).expect(503);
    let took = started.elapsed();
    other.batch_execute("ROLLBACK").unwrap();
    assert!(took > Duration::from_millis(900) && took < Duration::from_millis(1900), "{took:?}");
    caller(app.address, "alice").get(&path).expect(200);
}

#[test]
fn a_write_is_seen_by_the_next_read() {
    let app = TestApp::spawn(Backend::Postgres);
    wait_for_read_connections(&app.database_url, app.address);
    let (writer, reader) = (caller(app.address, "alice"), caller(app.address, "alice"));
    let path = new_task(&writer, "alice", "0");
    for turn in 1..200 {
        let title = turn.to_string();
        writer.patch(&path, &json!({"title": title})).expect(200);
        assert_eq!(reader.get(&path).expect(200).json()["title"], title);
        assert_eq!(reader.get(&tasks_of("alice")).expect(200).json()[0]["title"], title);
    }
}

#[rstest]
#[case(Backend::PostgresRls, &[])]
#[case(Backend::Postgres, &[("DATABASE_PREPARED_STATEMENTS", "off")])]
#[case(Backend::Postgres, &[("DATABASE_MAX_CONNECTIONS", "1")])]
fn where_they_cannot_be_the_pool_reads(
    #[case] backend: Backend,
    #[case] variables: &[(&str, &str)],
) {
    let url = fresh_database();
    assert!(Process::start(&["migrate"], &[("DATABASE_URL", &url)]).wait().success());
    let app = TestApp::spawn_on(&url, backend, variables);
    assert_read_by_the_pool(&url, app.address);
}

fn assert_read_by_the_pool(url: &str, address: SocketAddr) {
    let path = new_task(&caller(address, "alice"), "alice", "Read");
    for _ in 0..3 {
        for _ in 0..CALLERS {
            assert_eq!(caller(address, "alice").get(&path).expect(200).json()["title"], "Read");
        }
        thread::sleep(Duration::from_millis(100));
        assert_eq!(connections(url, READS), 0);
    }
}

#[test]
fn all_connections_together_stay_within_the_limit() {
    let url = fresh_database();
    let app = TestApp::spawn_on(&url, Backend::Postgres, &[("DATABASE_MAX_CONNECTIONS", "6")]);
    // Those of the start are closed, but their processes may be there for a moment; the watch on ended sessions has one.
    let started = Instant::now();
    while connections(&url, "") > 1 && started.elapsed() < Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(10));
    }
    let over = Over::default();
    let most = thread::scope(|scope| {
        for number in 0..CALLERS {
            let (address, over) = (app.address, &over);
            scope.spawn(move || {
                let user = format!("user-{number}");
                let client = caller(address, &user);
                while !over.is_over() {
                    client.get(&new_task(&client, &user, "Counted")).expect(200);
                }
            });
        }
        let _until = Until(&over);
        let started = Instant::now();
        let mut most = 0;
        while started.elapsed() < Duration::from_secs(2) {
            // A process of PostgreSQL outlives its connection by a moment.
            let now = connections(&url, "");
            thread::sleep(Duration::from_millis(50));
            most = most.max(now.min(connections(&url, "")));
        }
        most
    });
    assert!(connections(&url, READS) > 0 && connections(&url, WRITES) > 0);
    assert!((3..=6).contains(&most), "{most} connections");
}

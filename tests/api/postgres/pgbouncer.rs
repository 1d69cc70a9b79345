//! PgBouncer in transaction mode: a client gets another connection of the server after every transaction, so
//! nothing that belongs to a session may be relied upon.

use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;

use crate::support::client::{new_task, tasks_of};
use crate::support::database::number;
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::{connect, fresh_database};
use crate::support::process::Process;
use crate::support::tokens::SECRET;
use crate::support::{Backend, Client, TestApp};

const POOLED: (&str, &str) = ("DATABASE_PREPARED_STATEMENTS", "off");

/// Fewer than users at once, so that they share them.
const CONNECTIONS: usize = 3;

/// The URL of a migrated database, the pooler before it, and the URL through that.
fn pooled() -> (String, PgBouncer, String) {
    let direct = fresh_database();
    assert!(Process::start(&["migrate"], &[("DATABASE_URL", &direct)]).wait().success());
    let pooler = PgBouncer::start(&direct, CONNECTIONS);
    let url = pooler.url(&direct);
    (direct, pooler, url)
}

/// Everything a user does, thirty times, and always the right answer.
fn work(client: &Client, user: &str) {
    for turn in 0..30 {
        let title = format!("{user} {turn}");
        let keyed = client.clone().with_header("Idempotency-Key", &format!("key-{turn}"));
        let body = json!({"title": title, "tags": ["a", "b"]});
        let made = keyed.post(&tasks_of(user), &body).expect(201);
        assert_eq!(keyed.post(&tasks_of(user), &body).expect(201).body, made.body);
        let path = made.header("location").unwrap().to_owned();
        assert_eq!(client.get(&path).expect(200).json()["title"], title);
        client.patch(&path, &json!({"completed": true})).expect(200);
        let listed = client.get(&format!("/api/{user}/tasks?tag=b&status=completed")).expect(200);
        for task in listed.json().as_array().unwrap() {
            assert_eq!(task["user_id"], user);
        }
        if turn % 2 == 0 {
            client.delete(&path).expect(204);
        }
    }
    let left = client.get(&tasks_of(user)).expect(200).json();
    assert_eq!(left.as_array().map(Vec::len), Some(15), "{user}");
}

#[rstest]
fn many_users_share_few_connections_and_every_answer_is_right(
    #[values(Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (direct, _pooler, url) = pooled();
    let app = TestApp::spawn_on(&url, backend, &[POOLED]);
    let users: Vec<String> = (0..8).map(|number| format!("user-{number}")).collect();
    std::thread::scope(|scope| {
        for user in &users {
            let client = app.as_user(user);
            scope.spawn(move || work(&client, user));
        }
    });
    assert_eq!(number(&direct, "SELECT count(*) AS number FROM tasks"), 8 * 15);
    let (_, database) = direct.rsplit_once('/').unwrap();
    let open = format!(
        "SELECT count(*) AS number FROM pg_stat_activity \
         WHERE datname = '{database}' AND pid <> pg_backend_pid()"
    );
    // The test's own connections take a moment to end.
    let asked = Instant::now();
    let mut seen = number(&direct, &open);
    while !(1..=3).contains(&seen) {
        assert!(asked.elapsed() < Duration::from_secs(5), "{seen} connections to the server");
        seen = number(&direct, &open);
    }
}

#[rstest]
fn another_user_s_task_stays_out_of_reach(
    #[values(Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (_direct, _pooler, url) = pooled();
    let app = TestApp::spawn_on(&url, backend, &[POOLED]);
    let alices = new_task(&app.as_user("alice"), "alice", "Hidden");
    let mallory = app.as_user("mallory");
    mallory.get(&alices.replace("/alice/", "/mallory/")).expect(404);
    mallory.delete(&alices.replace("/alice/", "/mallory/")).expect(404);
    app.as_user("alice").get(&alices).expect(200);
}

#[rstest]
fn a_statement_is_given_up_in_time_and_the_limit_stays_with_its_transaction(
    #[values(Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let (direct, _pooler, url) = pooled();
    let timeout = ("DATABASE_STATEMENT_TIMEOUT_SECONDS", "1");
    let app = TestApp::spawn_on(&url, backend, &[POOLED, timeout]);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "Locked");
    let mut other = connect(&direct).unwrap();
    other.batch_execute("BEGIN; UPDATE tasks SET seq = seq").unwrap();
    let started = Instant::now();
    let answer = alice.patch(&task, &json!({"title": "Late"})).expect(503);
    let took = started.elapsed();
    assert!(answer.header("retry-after").is_some());
    // Later, the server itself would have stopped waiting for the answer.
    assert!(took > Duration::from_millis(900) && took < Duration::from_millis(2500), "{took:?}");
    other.batch_execute("ROLLBACK").unwrap();
    alice.patch(&task, &json!({"title": "Now"})).expect(200);
    let setting =
        "SELECT CAST(current_setting('statement_timeout') = '1s' AS INT)::BIGINT AS number";
    for _ in 0..CONNECTIONS * 2 {
        assert_eq!(number(&url, setting), 0, "it stayed with a connection");
    }
}

#[test]
fn migrations_are_left_to_a_direct_connection() {
    let direct = fresh_database();
    let pooler = PgBouncer::start(&direct, CONNECTIONS);
    let mut refused = Process::serve(&pooler.url(&direct), &[POOLED]);
    assert_eq!(refused.wait().code(), Some(1));
    let words = "3 migration(s) are pending: run taskbridge migrate with a DATABASE_URL that does \
                 not go through the pooler";
    assert!(refused.stderr().contains(words), "{}", refused.stderr());
}

#[test]
fn the_doctor_notices_a_pooler_that_the_settings_forget() {
    let (direct, _pooler, url) = pooled();
    for (url, setting, expected) in
        [(&url, "on", "failed"), (&url, "off", "ok"), (&direct, "on", "ok"), (&direct, "off", "ok")]
    {
        let variables = [
            ("BETTER_AUTH_SECRET", SECRET),
            ("DATABASE_URL", url.as_str()),
            ("DATABASE_PREPARED_STATEMENTS", setting),
        ];
        let mut doctor = Process::start(&["doctor", "--json"], &variables);
        doctor.wait();
        let report: serde_json::Value = serde_json::from_str(&doctor.stdout()).unwrap();
        let rows = report["checks"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == POOLED.0).unwrap();
        assert_eq!(row["result"], expected, "{setting}: {row}");
    }
}

/// What is prepared on one connection of the server does not exist on the next one, so a start outside of a transaction fails
/// only now and then: while others take turns on the connections.
#[test]
fn instances_start_while_others_are_busy() {
    let (_direct, _pooler, url) = pooled();
    let app = TestApp::spawn_on(&url, Backend::Postgres, &[POOLED]);
    let over = &std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for number in 0..6 {
            let user = format!("busy-{number}");
            let client = app.as_user(&user);
            scope.spawn(move || {
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    client.get(&tasks_of(&user)).expect(200);
                }
            });
        }
        let started: Vec<_> = (0..8)
            .map(|_| {
                let mut process = Process::serve(&url, &[POOLED]);
                let started = Instant::now();
                while !process.stderr().contains("listening on") && process.is_running() {
                    assert!(started.elapsed() < Duration::from_secs(60));
                    std::thread::sleep(Duration::from_millis(50));
                }
                (process.is_running(), process.stderr())
            })
            .collect();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        for (is_running, said) in started {
            assert!(is_running, "{said}");
        }
    });
}

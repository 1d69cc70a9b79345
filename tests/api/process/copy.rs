//! `taskbridge copy` as an operator runs it: killed halfway, run again, and then used by a server.

use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;

use crate::support::app::fresh_url;
use crate::support::client::{new_task, tasks_of};
use crate::support::database::{assert_owners_agree, execute, insert_tasks, number, owner_row};
use crate::support::process::{Process, entries};
use crate::support::{Backend, seed};

const HELD: &str = "SELECT count(*) AS number FROM tasks";

fn start(from: &str, to: &str) -> Process {
    Process::start(&["copy", "--from", from, "--to", to], &[])
}

/// Its exit code, after at most two minutes.
fn end_of(process: &mut Process) -> Option<i32> {
    let started = Instant::now();
    while process.is_running() {
        assert!(started.elapsed().as_secs() < 120, "it does not end: {}", process.output());
        std::thread::sleep(Duration::from_millis(20));
    }
    process.wait().code()
}

fn migrated(backend: Backend) -> (String, Option<tempfile::TempDir>) {
    let (url, folder) = fresh_url(backend);
    assert!(Process::start(&["migrate"], &[("DATABASE_URL", &url)]).wait().success());
    (url, folder)
}

#[rstest]
#[case(Backend::Sqlite, Backend::Postgres)]
#[case(Backend::Postgres, Backend::Sqlite)]
fn clients_continue_on_the_copy_as_before(#[case] from: Backend, #[case] to: Backend) {
    let (source, _folder) = fresh_url(from);
    let (target, _other) = fresh_url(to);
    let mut before = Process::serve(&source, &[]);
    let alice = before.as_user("alice");
    let body =
        json!({"title": "Ünï 🦀", "description": "", "tags": ["z", "a"], "due_date": "0001-01-01"});
    let keyed = alice.clone().with_header("Idempotency-Key", "once");
    let made = keyed.post(&tasks_of("alice"), &body).expect(201);
    let path = made.header("location").unwrap().to_owned();
    alice.patch(&path, &json!({"description": "Later"})).expect(200);
    let tag = alice.get(&path).header("etag").unwrap().to_owned();
    new_task(&before.as_user("bob"), "bob", "Bob's");
    let list = alice.get("/api/alice/tasks?tag=z").body;
    before.signal("TERM");
    before.wait();

    let mut copy = start(&source, &target);
    assert_eq!(end_of(&mut copy), Some(0), "{}", copy.output());
    let report = copy.stdout();
    for (table, rows) in [
        ("owners", 2),
        ("tasks", 2),
        ("deleted_tasks", 0),
        ("idempotency_keys", 1),
        ("revocations", 0),
    ] {
        let line = report.lines().find(|line| line.starts_with(&format!("{table} "))).unwrap();
        assert!(
            line.contains(&format!("ok        the same in both: {rows} row(s), checksum ")),
            "{report}"
        );
    }
    assert!(copy.stderr().contains("comparing both databases"), "{}", copy.stderr());

    let mut after = Process::serve(&target, &[]);
    let alice = after.as_user("alice");
    assert_eq!(alice.get("/api/alice/tasks?tag=z").body, list);
    let again = alice.clone().with_header("Idempotency-Key", "once");
    assert_eq!(again.post(&tasks_of("alice"), &body).expect(201).body, made.body);
    alice.clone().with_header("If-Match", &tag).patch(&path, &json!({"title": "New"})).expect(200);
    alice.with_header("If-Match", &tag).patch(&path, &json!({"title": "Stale"})).expect(412);
}

/// Killed at a random moment, again and again, while the source changes between two runs.
#[rstest]
fn a_copy_killed_at_any_moment_continues_and_ends_complete(
    #[values(Backend::Sqlite, Backend::Postgres)] to: Backend,
) {
    let mut random = fastrand::Rng::with_seed(seed());
    let (source, _folder) = migrated(Backend::Sqlite);
    let (target, _other) = migrated(to);
    for user in ["alice", "bob", "carol"] {
        insert_tasks(&source, user, 7000, 1);
    }
    let mut killed_in_the_middle = 0;
    let mut goal = 0;
    let mut last = loop {
        let mut copy = start(&source, &target);
        goal += random.i64(1..6000);
        while copy.is_running() && number(&target, HELD) < goal {
            std::thread::sleep(Duration::from_millis(2));
        }
        if copy.is_running() {
            copy.signal("KILL");
        }
        if end_of(&mut copy).is_some() {
            break copy;
        }
        let held = number(&target, HELD);
        killed_in_the_middle += i32::from(0 < held && held < 21_000);
        let id = random.i64(2000..5000);
        write_to(&source, id);
    };
    assert!(killed_in_the_middle >= 2, "killed {killed_in_the_middle} times: {}", last.output());
    assert_eq!(last.wait().code(), Some(0), "{}", last.output());
    assert_eq!(number(&source, HELD), number(&target, HELD));
    for sum in ["sum(seq)", "sum(length(title))", "sum(length(tags))", "sum(updated_at)"] {
        let sum = format!("SELECT CAST({sum} AS BIGINT) AS number FROM tasks WHERE id % 7 = 3");
        assert_eq!(number(&source, &sum), number(&target, &sum), "{sum}");
    }
    for user in ["alice", "bob", "carol"] {
        assert_eq!(owner_row(&source, user), owner_row(&target, user), "{user}");
    }
    assert_owners_agree(&target);
}

/// Changes this task of every user, deletes an older one, and changes many of one user: as the server
/// does it, each with a new `seq`.
fn write_to(source: &str, id: i64) {
    let gone = id - 1000;
    execute(
        source,
        &format!(
            "UPDATE owners SET seq = seq + 1; \
             UPDATE tasks SET title = 'New {id}', \
                 seq = (SELECT seq FROM owners WHERE owners.user_id = tasks.user_id) WHERE id = {id}; \
             UPDATE owners SET seq = seq + 1, tasks = tasks - 1 WHERE user_id = 'alice' \
                 AND EXISTS (SELECT 1 FROM tasks WHERE user_id = 'alice' AND id = {gone}); \
             DELETE FROM tasks WHERE user_id = 'alice' AND id = {gone}; \
             UPDATE tasks SET tags = '[\"b\",\"a\"]', \
                 seq = seq + (SELECT seq FROM owners WHERE user_id = 'bob') \
                 WHERE user_id = 'bob' AND id > {id}; \
             UPDATE owners SET seq = 2 * seq WHERE user_id = 'bob'"
        ),
    );
}

#[test]
fn a_target_in_use_is_refused_in_one_sentence_and_left_alone() {
    let (source, _folder) = migrated(Backend::Sqlite);
    let (target, _other) = migrated(Backend::Postgres);
    insert_tasks(&source, "alice", 3, 0);
    insert_tasks(&target, "bob", 2, 0);
    let mut copy = start(&source, &target);
    assert_eq!(end_of(&mut copy), Some(1));
    let error = copy.stderr();
    let message = error.lines().last().unwrap();
    assert!(message.starts_with("taskbridge: the PostgreSQL at "), "{error}");
    assert!(message.contains("Copy into an empty database") && copy.stdout().is_empty(), "{error}");
    assert_eq!(number(&target, HELD), 2);
}

#[rstest]
#[case::from("mysql://ann:hunter2@h/d", "sqlite://a.db", "--from has the unknown scheme \"mysql\"")]
#[case::to("sqlite://a.db", "hunter2@h/d", "--to has no scheme")]
#[case::missing("sqlite://a.db", "sqlite://b.db", "--from: the SQLite file a.db is not there")]
#[case::away(
    "postgres://ann:hunter2@127.0.0.1:1/d",
    "sqlite://a.db",
    "--from: cannot use the PostgreSQL at 127.0.0.1:1/d"
)]
fn an_unusable_url_is_named_without_its_password(
    #[case] from: &str,
    #[case] to: &str,
    #[case] words: &str,
) {
    let mut copy = start(from, to);
    assert_eq!(end_of(&mut copy), Some(1));
    let output = copy.output();
    assert!(output.contains(words) && !output.contains("hunter2"), "{output}");
    assert!(entries(copy.folder.path()).is_empty());
}

#[test]
fn an_unreachable_target_is_named_without_its_password() {
    let (source, _folder) = migrated(Backend::Sqlite);
    let mut copy = start(&source, "postgres://ann:hunter2@127.0.0.1:1/d");
    assert_eq!(end_of(&mut copy), Some(1));
    let output = copy.output();
    assert!(output.contains("--to: cannot use the PostgreSQL at 127.0.0.1:1/d"), "{output}");
    assert!(!output.contains("hunter2"), "{output}");
}

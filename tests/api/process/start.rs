//! Starting: help, `.env`, migrations, and several instances at once.

use std::time::{Duration, Instant};

use rstest::rstest;
use taskbridge::config::VARIABLES;

use crate::support::Backend;
use crate::support::app::fresh_url;
use crate::support::client::{new_task, tasks_of};
use crate::support::database::{execute, number};
use crate::support::process::{Process, entries};
use crate::support::tokens::{ORIGIN, SECRET};

#[rstest]
fn help_lists_every_variable(#[values("--help", "-h")] argument: &str) {
    let mut process = Process::start(&[argument], &[]);
    assert!(process.wait().success());
    let help = process.stdout();
    for variable in VARIABLES {
        for part in [variable.name, variable.help, variable.default] {
            assert!(help.contains(part), "{part}: {help}");
        }
    }
    for command in ["serve", "migrate"] {
        assert!(help.contains(command), "{help}");
    }
    assert!(entries(process.folder.path()).is_empty());
}

#[test]
fn the_version_is_that_of_the_package() {
    let mut process = Process::start(&["--version"], &[]);
    assert!(process.wait().success());
    assert_eq!(process.stdout().trim(), concat!("taskbridge ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn an_unknown_command_is_refused() {
    let mut process = Process::start(&["destroy"], &[("BETTER_AUTH_SECRET", SECRET)]);
    assert_eq!(process.wait().code(), Some(2));
    assert!(process.stderr().contains("destroy") && entries(process.folder.path()).is_empty());
}

#[test]
fn an_env_file_is_read_and_the_environment_wins() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "BETTER_AUTH_SECRET={SECRET}\nBETTER_AUTH_URL={ORIGIN}\nPORT=1\nDATABASE_URL=sqlite://here.db\n"
    );
    std::fs::write(folder.path().join(".env"), text).unwrap();
    let mut process = Process::start_in(folder, &[], &[("PORT", "0")]);
    new_task(&process.as_user("alice"), "alice", "a");
    assert!(entries(process.folder.path()).contains(&"here.db".to_owned()));
}

#[rstest]
fn migrate_comes_before_serve_and_can_be_repeated(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    for words in [" migration(s) applied", "up to date"] {
        let mut migrate = Process::start(&["migrate"], &[("DATABASE_URL", &url)]);
        assert!(migrate.wait().success(), "{}", migrate.output());
        assert!(migrate.stderr().contains(words), "{}", migrate.stderr());
    }
    let mut serve = Process::serve(&url, &[]);
    new_task(&serve.as_user("alice"), "alice", "a");
    assert!(!serve.stderr().contains("migration(s) applied"));
}

#[rstest]
fn tasks_survive_a_restart(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (url, _folder) = fresh_url(backend);
    let mut first = Process::serve(&url, &[]);
    let task = new_task(&first.as_user("alice"), "alice", "a");
    let before = first.as_user("alice").get(&task);
    first.signal("TERM");
    assert!(first.wait().success());
    let mut second = Process::serve(&url, &[]);
    assert_eq!(second.as_user("alice").get(&task).body, before.body);
}

#[rstest]
fn instances_that_start_together_on_an_empty_database_all_succeed(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let rls = if backend == Backend::PostgresRls { "on" } else { "off" };
    for _ in 0..5 {
        let (url, _folder) = fresh_url(backend);
        let serve = |_| Process::serve(&url, &[("DATABASE_RLS", rls)]);
        let mut instances: Vec<Process> = (0..3).map(serve).collect();
        for instance in &mut instances {
            new_task(&instance.as_user("alice"), "alice", "a");
        }
        for instance in &mut instances {
            let tasks = instance.as_user("alice").get(&tasks_of("alice")).json();
            assert_eq!(tasks.as_array().map(Vec::len), Some(3));
        }
        let applied =
            instances.iter().filter(|i| i.stderr().contains(" migration(s) applied")).count();
        assert_eq!(applied, 1, "the migrations ran once");
    }
}

#[rstest]
fn expired_idempotency_keys_are_removed_at_start(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    let mut first = Process::serve(&url, &[]);
    for (user, key) in [("alice", "old"), ("mallory", "old"), ("alice", "young")] {
        let client = first.as_user(user).with_header("Idempotency-Key", key);
        new_task(&client, user, "a");
    }
    first.signal("TERM");
    first.wait();
    execute(
        &url,
        "UPDATE idempotency_keys SET created_at = created_at - 2592000000000 WHERE key = 'old'",
    );
    let mut second = Process::serve(&url, &[]);
    second.address();
    let started = Instant::now();
    while !second.stderr().contains("2 expired idempotency key(s) removed") {
        assert!(started.elapsed().as_secs() < 10, "{}", second.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(number(&url, "SELECT count(*) AS number FROM idempotency_keys"), 1);
}

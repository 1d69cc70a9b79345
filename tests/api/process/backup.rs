//! The backup and restore commands of docs/OPERATIONS.md, run exactly as written there, while a client writes as
//! fast as it can.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use serde_json::json;

use crate::support::Client;
use crate::support::client::tasks_of;
use crate::support::database::{assert_owners_agree, execute, number};
use crate::support::postgres::fresh_database;
use crate::support::process::Process;
use crate::support::tokens::SECRET;

const NEEDED: &str = "the commands of docs/OPERATIONS.md need bash, sqlite3, python3, pg_dump, createdb and pg_restore \
    (on Debian: apt-get install sqlite3 python3 postgresql-client); this test is never skipped";

/// One user makes as many tasks as it can meanwhile.
const UNLIMITED: [(&str, &str); 2] =
    [("RATE_LIMIT_PER_MINUTE", "0"), ("MAX_TASKS_PER_USER", "1000000")];

const TASKS: &str = "SELECT count(*) AS number FROM tasks";

/// The commands of this section, one for each line of its first code block.
fn commands(section: &str) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/OPERATIONS.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(&format!("\n### {section}\n")).unwrap();
    let (_, rest) = rest.split_once("\n```sh\n").unwrap();
    let (block, _) = rest.split_once("\n```").unwrap();
    block.lines().map(str::to_owned).collect()
}

/// Runs a command as an operator does. A failure shows its output.
#[track_caller]
fn run(folder: &Path, command: &str, variables: &[(&str, &str)]) {
    let program = Path::new(env!("CARGO_BIN_EXE_taskbridge")).parent().unwrap();
    let line = format!("PATH=\"{}:$PATH\"; {command}", program.display());
    let mut bash = Command::new("bash");
    bash.args(["-c", &line]).current_dir(folder).envs(variables.iter().copied());
    let output = bash.output().expect(NEEDED);
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{command}: {}; {NEEDED}", String::from_utf8_lossy(&said));
}

/// A client that creates tasks without a pause.
#[derive(Default)]
struct Writing {
    over: AtomicBool,
    acknowledged: AtomicI64,
}

impl Writing {
    fn go_on(&self, alice: &Client) {
        while !self.over.load(Ordering::Relaxed) {
            alice.post(&tasks_of("alice"), &json!({"title": "A", "tags": ["a"]})).expect(201);
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Stops the client when the test ends, also when it fails.
struct End<'a>(&'a Writing);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

/// Runs `happening` while the client writes. Its argument returns the number of acknowledged tasks.
fn while_writing(alice: &Client, happening: impl FnOnce(&dyn Fn() -> i64)) {
    let writing = Writing::default();
    std::thread::scope(|scope| {
        scope.spawn(|| writing.go_on(alice));
        let _end = End(&writing);
        while writing.acknowledged.load(Ordering::Relaxed) < 20 {
            std::thread::yield_now();
        }
        happening(&|| writing.acknowledged.load(Ordering::Relaxed));
    });
}

/// The database has every task that was acknowledged before, and a server can use it.
#[track_caller]
fn assert_whole(url: &str, at_least: i64) {
    let held = number(url, TASKS);
    assert!(held >= at_least, "{held} and not {at_least}");
    assert_owners_agree(url);
    let mut restored = Process::serve(url, &[]);
    let alice = restored.as_user("alice");
    alice.post(&tasks_of("alice"), &json!({"title": "After"})).expect(201);
    let listed = alice.get(&format!("{}?include_total=true", tasks_of("alice"))).expect(200);
    assert_eq!(listed.header("x-total-count"), Some(&*(held + 1).to_string()));
}

#[test]
fn sqlite_is_backed_up_while_it_is_written_to() {
    let mut server = Process::serve("sqlite://tasks.db", &UNLIMITED);
    let alice = server.as_user("alice");
    let folder = server.folder.path();
    let mut backups = Vec::new();
    while_writing(&alice, |acknowledged| {
        for (number, command) in commands("SQLite, while the server runs").iter().enumerate() {
            let before = acknowledged();
            run(folder, command, &[]);
            let backup = folder.join(format!("backup-{number}.db"));
            std::fs::rename(folder.join("backup.db"), &backup).unwrap();
            backups.push((format!("sqlite://{}", backup.display()), before));
        }
    });
    assert_eq!(backups.len(), 3, "each of the three ways");
    for (url, before) in backups {
        let sound =
            "SELECT count(*) AS number FROM pragma_integrity_check WHERE integrity_check = 'ok'";
        assert_eq!(number(&url, sound), 1, "{url}");
        assert_whole(&url, before);
    }
}

#[test]
fn postgres_is_dumped_while_it_is_written_to_and_restored() {
    let any = fresh_database();
    execute(&any, "CREATE DATABASE tasks");
    let (server_url, _) = any.rsplit_once('/').unwrap();
    let (_, port) = server_url.rsplit_once(':').unwrap();
    let mut server = Process::serve(&format!("{server_url}/tasks"), &UNLIMITED);
    let alice = server.as_user("alice");
    // An operator's shell knows where the server is.
    let variables = [
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", port),
        ("PGUSER", "test"),
        ("BETTER_AUTH_SECRET", SECRET),
    ];
    let mut before = 0;
    while_writing(&alice, |acknowledged| {
        before = acknowledged();
        for command in commands("PostgreSQL") {
            run(server.folder.path(), &command, &variables);
        }
    });
    assert_whole(&format!("{server_url}/restored"), before);
    assert!(
        number(&format!("{server_url}/tasks"), TASKS) > before,
        "nothing was written meanwhile"
    );
}

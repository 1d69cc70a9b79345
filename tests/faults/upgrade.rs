//! From the last release to this tree behind nginx under load, and one step back: no request fails, and everything that the
//! older program has stored is still there. `scripts/test-upgrade` builds that program and names it in `TASKBRIDGE_OLD_PROGRAM`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::nginx::{Nginx, lasting_port};
use crate::rolling::{UNLIMITED, assert_unnoticed, replace, start_program};
use crate::support::client::{agent, tasks_of};
use crate::support::database::column;
use crate::support::process::Process;
use crate::support::tokens::SECRET;
use crate::support::{Backend, Client, TokenBuilder, app, seed};
use crate::traffic::Traffic;

const USER: &str = "kept";
const ENDED: &str = "ended-before-the-upgrade";

#[expect(clippy::disallowed_methods, reason = "the script that builds it says where it is")]
fn old_program() -> PathBuf {
    let path = std::env::var_os("TASKBRIDGE_OLD_PROGRAM");
    path.expect("scripts/test-upgrade builds the last release and runs this test").into()
}

/// What the older program was given, and how it answered.
struct Filled {
    list: Value,
    trash: Value,
    first_response: Vec<u8>,
    ended_token: String,
}

fn user(address: SocketAddr) -> Client {
    Client::new(agent(), address, Some(TokenBuilder::valid(USER).build()))
}

/// A repeated request gets its first response.
fn keyed(address: SocketAddr) -> Vec<u8> {
    let client = user(address).with_header("Idempotency-Key", "before-the-upgrade");
    client.post(&tasks_of(USER), &json!({"title": "Once"})).expect(201).body
}

/// Tasks, the trash, a key of a repeated request, and a session that has ended.
fn fill(address: SocketAddr) -> Filled {
    let client = user(address);
    for number in 0..50 {
        let tags = ["home", "Ä", "🦀"];
        let body = json!({"title": format!("Task {number}"), "tags": tags, "priority": "high", "due_date": "2026-12-24"});
        client.post(&tasks_of(USER), &body).expect(201);
    }
    let first_response = keyed(address);
    let list = client.get(&tasks_of(USER)).expect(200).json();
    for task in list.as_array().unwrap().iter().skip(40) {
        client.delete(&format!("{}/{}", tasks_of(USER), task["id"])).expect(204);
    }
    let ended_token = TokenBuilder::valid(USER).claim("sid", ENDED).build();
    let body = format!("logout_token={}", TokenBuilder::logout(ENDED).build());
    Client::new(agent(), address, None)
        .with_header("Content-Type", "application/x-www-form-urlencoded")
        .send("POST", "/backchannel-logout", Some(body.as_bytes()))
        .expect(200);
    let list = client.get(&tasks_of(USER)).expect(200).json();
    let trash = client.get(&format!("/api/{USER}/trash")).expect(200).json();
    assert_eq!((list.as_array().unwrap().len(), trash.as_array().unwrap().len()), (40, 11));
    Filled { list, trash, first_response, ended_token }
}

/// Whether every member that the older program gave is there, as it was; a newer one may give more.
fn holds(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            then.iter().all(|(name, value)| now.get(name).is_some_and(|now| holds(now, value)))
        }
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| holds(now, then))
        }
        _ => now == then,
    }
}

impl Filled {
    fn assert_there(&self, address: SocketAddr) {
        let client = user(address);
        let list = client.get(&tasks_of(USER)).expect(200).json();
        assert!(holds(&list, &self.list), "{list:#}\nand it was {:#}", self.list);
        let trash = client.get(&format!("/api/{USER}/trash")).expect(200).json();
        assert!(holds(&trash, &self.trash), "{trash:#}\nand it was {:#}", self.trash);
        let (now, then) = (keyed(address), &self.first_response);
        let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        assert!(holds(&parse(&now), &parse(then)), "a repeated request made a second task");
        let ended = Client::new(agent(), address, Some(self.ended_token.clone()));
        assert_eq!(ended.get(&tasks_of(USER)).status, 401, "an ended session is back");
    }
}

fn migrations(url: &str) -> Vec<String> {
    column(
        url,
        "version",
        "SELECT version AS version FROM __diesel_schema_migrations ORDER BY version",
    )
}

/// After a migration the older program says in one sentence that it cannot use the database, and changes nothing.
fn assert_refused(old: &Path, url: &str) {
    let before = migrations(url);
    let folder = tempfile::tempdir().unwrap();
    let variables = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE_URL", url), ("PORT", "0")];
    let mut process = Process::start_program(old, folder, &["serve"], &variables);
    assert_eq!(process.wait().code(), Some(1), "{}", process.output());
    assert!(process.stderr().contains("was made by another version"), "{}", process.stderr());
    assert_eq!(migrations(url), before);
}

#[rstest]
#[ignore = "scripts/test-upgrade builds the last release first"]
fn an_upgrade_and_one_step_back_lose_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (old, new) = (old_program(), Path::new(env!("CARGO_BIN_EXE_taskbridge")));
    let mut random = fastrand::Rng::with_seed(seed());
    let (url, _folder) = app::fresh_url(backend);
    let ports = [(); 2].map(|()| lasting_port(&mut random));
    let mut instances = ports.map(|port| start_program(&old, &url, port, &UNLIMITED));
    let nginx = Nginx::start(lasting_port(&mut random), ports);
    let filled = fill(nginx.address);
    let before = migrations(&url);

    let pause = Duration::from_millis(10);
    let traffic = Traffic::start(nginx.address, 6, pause, Duration::from_secs(30), seed());
    let mut away = Vec::new();
    let mut upgrade = |instances: &mut [Process; 2], program: &Path| {
        for (instance, port) in instances.iter_mut().zip(ports) {
            away.push(replace(instance, || start_program(program, &url, port, &UNLIMITED)));
            filled.assert_there(nginx.address);
        }
    };
    upgrade(&mut instances, new);
    let migrated = migrations(&url).len() - before.len();
    let back = if migrated == 0 {
        upgrade(&mut instances, &old);
        "and back to the older program"
    } else {
        assert_refused(&old, &url);
        filled.assert_there(nginx.address);
        "and the older program refused to start"
    };
    let what =
        format!("upgrade from the last release on {backend:?}, {migrated} migrations, {back}");
    assert!(assert_unnoticed(&what, traffic, &away, &nginx) > 500);
}

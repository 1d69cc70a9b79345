//! Files with tasks and secrets are closed to the other users of the machine, whatever the umask.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::process::Process;
use crate::support::tokens::{ORIGIN, SECRET};

const DATABASE: [&str; 3] = ["tasks.db", "tasks.db-wal", "tasks.db-shm"];

/// The most permissive one: a file has the mode that its program asked for.
const UMASK: &str = "umask 000; exec \"$0\" \"$@\"";

fn mode(path: &Path) -> Option<u32> {
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn env_file(folder: &TempDir, mode: u32) {
    let path = folder.path().join(".env");
    let text = format!("BETTER_AUTH_SECRET={SECRET}\nBETTER_AUTH_URL={ORIGIN}\nPORT=0\n");
    std::fs::write(&path, text).unwrap();
    set_mode(&path, mode);
}

#[test]
fn the_files_of_sqlite_are_private_from_the_first_moment() {
    let folder = tempfile::tempdir().unwrap();
    env_file(&folder, 0o600);
    let mut server = Command::new("sh")
        .args(["-c", UMASK, env!("CARGO_BIN_EXE_taskbridge")])
        .env_clear()
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let mut seen = BTreeMap::new();
    // Without a pause, so that a file that is closed only after it was made is met open.
    while seen.len() < DATABASE.len() && started.elapsed() < Duration::from_secs(20) {
        for name in DATABASE {
            if let Some(mode) = mode(&folder.path().join(name)) {
                *seen.entry(name).or_default() |= mode;
            }
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(seen, BTreeMap::from(DATABASE.map(|name| (name, 0o600))));
}

#[test]
fn a_file_that_is_open_to_others_is_named_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    env_file(&folder, 0o640);
    std::fs::create_dir(folder.path().join("web")).unwrap();
    for (name, mode) in [("tasks.db", 0o644), ("web/auth.db", 0o604)] {
        std::fs::write(folder.path().join(name), "").unwrap();
        set_mode(&folder.path().join(name), mode);
    }
    let remedies = [
        "open .env (mode 0640): run chmod 600 .env",
        "open tasks.db (mode 0644): run chmod 600 tasks.db",
        "open web/auth.db (mode 0604): run chmod 600 web/auth.db",
    ];
    let mut doctor = Process::start_in(folder, &["doctor"], &[]);
    assert!(doctor.wait().success(), "{}", doctor.output());
    let mut server = Process::start_in(
        std::mem::replace(&mut doctor.folder, tempfile::tempdir().unwrap()),
        &[],
        &[],
    );
    server.address();
    for (what, text) in [("doctor", doctor.stdout()), ("serve", server.stderr())] {
        for remedy in remedies {
            assert!(text.contains(remedy), "{what}: {remedy}: {text}");
        }
    }
    let modes =
        [".env", "tasks.db", "web/auth.db"].map(|name| mode(&server.folder.path().join(name)));
    assert_eq!(modes, [Some(0o640), Some(0o644), Some(0o604)]);
}

/// What `scripts/make-env` says in this folder.
fn make_env(folder: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::create_dir_all(folder.join("scripts")).unwrap();
    for file in ["scripts/make-env", ".env.example"] {
        std::fs::copy(root.join(file), folder.join(file)).unwrap();
    }
    let script = folder.join("scripts/make-env");
    let output = Command::new("sh").args(["-c", UMASK]).arg(script).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn make_env_leaves_no_env_file_open_and_says_when_it_closes_one() {
    const CLOSED: &str = "Closed .env to the other users of this machine (chmod 600)";
    let folder = tempfile::tempdir().unwrap();
    let env = folder.path().join(".env");
    assert!(!make_env(folder.path()).contains(CLOSED));
    assert_eq!(mode(&env), Some(0o600), "a new one");
    set_mode(&env, 0o644);
    assert!(make_env(folder.path()).contains(CLOSED));
    assert_eq!(mode(&env), Some(0o600), "one that was complete");
    std::fs::write(&env, "PORT=8000\n").unwrap();
    set_mode(&env, 0o666);
    assert!(make_env(folder.path()).contains(CLOSED));
    assert_eq!(mode(&env), Some(0o600), "one that gets its first secret");
}

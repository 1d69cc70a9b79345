//! The README's curl examples, run as they stand there: with bash and curl, against the real program.

use std::process::{Command, Stdio};

use taskbridge::config::VARIABLES;

use crate::support::Backend;
use crate::support::app::fresh_url;
use crate::support::process::Process;
use crate::support::tokens::{ORIGIN, SECRET};

const NO_CURL: &str =
    "curl and bash are needed to run the README's examples (on Debian: apt-get install curl)";

/// In front of the examples: every call of curl writes its status to a file, and nothing else changes.
const PRELUDE: &str = r#"
set -euo pipefail
PATH="$PROGRAM_FOLDER:$PATH"
curl() { command curl --write-out '%{stderr}%{http_code}\n' "$@" 2>>statuses.txt; }
"#;

/// The fenced bash blocks that call curl.
fn blocks() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("\n```bash\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.filter(|block| block.contains("curl ")).map(str::to_owned).collect()
}

/// What the comment above each call promises.
fn promised(block: &str) -> Vec<String> {
    let comments = block.lines().filter_map(|line| line.strip_prefix("# "));
    comments.filter_map(|line| line.split(':').next()).map(str::to_owned).collect()
}

#[test]
fn the_examples_do_what_they_say() {
    let blocks = blocks();
    let calls: usize = blocks.iter().map(|block| block.matches("\ncurl ").count()).sum();
    let script = blocks.join("\n");
    let promised = promised(&script);
    assert!(calls >= 8 && promised.len() == calls, "a call without its comment: {promised:?}");

    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut server = Process::serve(&url, &[]);
    let address = server.address();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_taskbridge")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut bash = Command::new("bash");
    for variable in VARIABLES {
        bash.env_remove(variable.name);
    }
    let run = bash
        .args(["-c", &format!("{PRELUDE}\ncommand -v curl >/dev/null || exit 127\n{script}")])
        .env("PROGRAM_FOLDER", program)
        .env("API_URL", format!("http://{address}"))
        .env("BETTER_AUTH_SECRET", SECRET)
        .env("BETTER_AUTH_URL", ORIGIN)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect(NO_CURL);
    assert!(run.status.code() != Some(127), "{NO_CURL}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let output = String::from_utf8_lossy(&run.stdout);
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{output}\n{errors}\n{}", read("statuses.txt"));
    assert_eq!(read("statuses.txt").lines().collect::<Vec<_>>(), promised, "{output}\n{errors}");

    let folded = output.to_ascii_lowercase();
    for part in [
        "\"user_id\":\"curl-user\"",
        "\"title\":\"buy milk\"",
        "x-total-count: 1",
        "\"priority\":\"high\"",
        "\"code\":\"precondition_failed\"",
        "\"completed\":true",
        "\"field\":\"priority\"",
    ] {
        assert!(folded.contains(part), "{part}: {output}");
    }
    let exported: serde_json::Value = serde_json::from_str(&read("tasks.json")).unwrap();
    assert_eq!(exported[0]["title"], "Buy milk");
}

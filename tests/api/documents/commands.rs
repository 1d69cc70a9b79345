//! Commands of the documents, run as they stand there. Only what is an example in them is replaced: a host, a file, a port.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::blocks::{self, MINE, run_here};
use crate::support::Backend;
use crate::support::Client;
use crate::support::app::fresh_url;
use crate::support::client::{agent, new_task, tasks_of};
use crate::support::database::number;
use crate::support::jwks::{JwksEndpoint, Key};
use crate::support::postgres::fresh_database;
use crate::support::process::Process;
use crate::support::tokens::{ORIGIN, SECRET, TokenBuilder};

const SERVED: [&str; 3] = ["docs/better-auth.md", "docs/mcp.md", "docs/move-to-postgresql.md"];

/// The shell of a reader, in this folder, in which the program is both installed and where `make run` leaves it.
fn shell(commands: &str, folder: &Path, variables: &[(&str, &str)]) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_taskbridge")).parent().unwrap();
    std::fs::create_dir_all(folder.join("target")).unwrap();
    std::os::unix::fs::symlink(program, folder.join("target/debug")).unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("set -euo pipefail\n{commands}")])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .env("BETTER_AUTH_SECRET", SECRET)
        .env("BETTER_AUTH_URL", ORIGIN)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null());
    bash
}

/// What a shell prints that must succeed.
#[track_caller]
fn output(commands: &str, folder: &Path, variables: &[(&str, &str)]) -> String {
    let done = shell(commands, folder, variables).output().expect("bash and curl");
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{commands}\n{printed}\n{errors}");
    printed
}

#[test]
fn no_document_is_forgotten_here() {
    for block in blocks::all().into_iter().filter(|block| block.marker == MINE) {
        assert!(SERVED.contains(&&*block.document), "nothing runs {}", block.commands);
    }
}

/// The only block of a document that contains these words.
fn block(document: &str, words: &str) -> String {
    let mut found = run_here(document).into_iter().filter(|block| block.contains(words));
    let block = found.next().unwrap_or_else(|| panic!("{document} has no block with {words}"));
    assert!(found.next().is_none(), "{document} has two blocks with {words}");
    block
}

#[test]
fn a_refused_token_is_explained() {
    assert_eq!(run_here("docs/better-auth.md").len(), 2, "each of them has a test here");
    let commands = block("docs/better-auth.md", "token inspect");
    let folder = tempfile::tempdir().unwrap();
    let token = TokenBuilder::valid("ann").build();
    let printed = output(&commands, folder.path(), &[("TOKEN", &token)]);
    assert!(printed.contains("signature"), "{printed}");
    let folder = tempfile::tempdir().unwrap();
    let refused = shell(&commands, folder.path(), &[("TOKEN", "a.b")]).output().unwrap();
    assert!(!refused.status.success(), "two parts are no token");
}

#[test]
fn a_front_end_with_the_stock_plugin_needs_nothing_but_its_address() {
    let commands = block("docs/better-auth.md", "JWKS_URL=");
    let key = Key::new("a");
    let endpoint = JwksEndpoint::with_keys(&[&key]);
    let (assigned, program) = commands.rsplit_once(' ').unwrap();
    assert_eq!(program, "taskbridge");
    let mut variables = vec![("PORT", "0"), ("DATABASE_URL", "sqlite://tasks.db")];
    for assignment in assigned.split(' ') {
        let (name, value) = assignment.split_once('=').unwrap();
        // The keys come from this machine; the tokens of these tests are from ORIGIN.
        let here = if name == "JWKS_URL" { &*endpoint.url } else { ORIGIN };
        assert!(value.starts_with("https://app.example"), "{assignment}");
        variables.push((name, here));
    }
    let mut server = Process::start(&[], &variables);
    let client = Client::new(agent(), server.address(), Some(key.token("ann")));
    new_task(&client, "ann", "Buy milk");
}

#[test]
fn the_tools_are_listed_without_an_assistant() {
    assert_eq!(run_here("docs/mcp.md").len(), 1);
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let resource = [("MCP", "on"), ("MCP_RESOURCE", "http://localhost:8000/mcp")];
    let mut server = Process::serve(&url, &resource);
    let commands = block("docs/mcp.md", "tools/list");
    let commands =
        commands.replace("http://localhost:8000", &format!("http://{}", server.address()));
    let folder = tempfile::tempdir().unwrap();
    let printed = output(&commands, folder.path(), &resource);
    let answer: Value = serde_json::from_str(&printed).unwrap();
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{printed}"));
    assert!(tools.iter().any(|tool| tool["name"] == "add_task"), "{printed}");
}

#[test]
fn tasks_move_to_postgresql() {
    assert_eq!(run_here("docs/move-to-postgresql.md").len(), 1);
    let (source, _folder) = fresh_url(Backend::Sqlite);
    let target = fresh_database();
    let mut server = Process::serve(&source, &[]);
    new_task(&server.as_user("ann"), "ann", "Buy milk");
    server.signal("TERM");
    assert!(server.wait().success());
    let commands = block("docs/move-to-postgresql.md", "taskbridge copy")
        .replace("sqlite:///data/tasks.db", &source)
        .replace("postgres://tasks@db.internal/tasks", &target);
    output(&commands, tempfile::tempdir().unwrap().path(), &[]);
    assert_eq!(number(&target, "SELECT count(*) AS number FROM tasks"), 1);
    let mut moved = Process::serve(&target, &[]);
    let listed = moved.as_user("ann").get(&tasks_of("ann")).expect(200).json();
    assert_eq!(listed[0]["title"], "Buy milk");
}

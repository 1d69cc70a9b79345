//! The documents against the program: their curl examples run as they stand there, their tables are complete, and
//! their links lead somewhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use taskbridge::config::VARIABLES;

use crate::documents::{documents, read, root};
use crate::support::Backend;
use crate::support::app::fresh_url;
use crate::support::process::Process;
use crate::support::tokens::{ORIGIN, SECRET};

const NO_CURL: &str =
    "curl and bash are needed to run the documents' examples (on Debian: apt-get install curl)";

/// Where the examples expect the API.
const API: &str = "http://localhost:8000";

/// In front of the examples: every call of curl writes its status to a file, and nothing else changes.
const PRELUDE: &str = r#"
set -euo pipefail
command -v curl >/dev/null || exit 127
curl() { command curl --write-out '%{stderr}%{http_code}\n' "$@" 2>>statuses.txt; }
"#;

/// The fenced bash blocks of a document that call curl, as one script.
fn examples(document: &str) -> String {
    let text = read(document);
    let blocks = text.split("\n```bash\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.filter(|block| block.contains("curl ")).collect::<Vec<_>>().join("\n")
}

/// The status that the comment above each call promises.
fn promised(script: &str) -> Vec<&str> {
    let comments = script.lines().filter_map(|line| line.strip_prefix("# "));
    comments.filter_map(|line| line.split(':').next()).collect()
}

/// Runs the examples of a document beside a server, after checking the statuses, and returns what they print and
/// their folder.
fn run(document: &str, at_least: usize) -> (String, tempfile::TempDir) {
    let script = examples(document);
    let promised = promised(&script);
    let calls = script.matches("\ncurl ").count();
    assert!(calls >= at_least && promised.len() == calls, "a call without a status: {promised:?}");
    assert!(script.contains(API), "{document} names no address");

    let (url, _database) = fresh_url(Backend::Sqlite);
    let mut server = Process::serve(&url, &[]);
    let script = script.replace(API, &format!("http://{}", server.address()));
    // Where `make run` leaves the program.
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_taskbridge")).parent().unwrap();
    std::fs::create_dir(folder.path().join("target")).unwrap();
    std::os::unix::fs::symlink(program, folder.path().join("target/debug")).unwrap();
    let mut bash = Command::new("bash");
    for variable in VARIABLES {
        bash.env_remove(variable.name);
    }
    let run = bash
        .args(["-c", &format!("{PRELUDE}\n{script}")])
        .env("BETTER_AUTH_SECRET", SECRET)
        .env("BETTER_AUTH_URL", ORIGIN)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect(NO_CURL);
    assert!(run.status.code() != Some(127), "{NO_CURL}");
    let output = String::from_utf8_lossy(&run.stdout).into_owned();
    let errors = String::from_utf8_lossy(&run.stderr);
    let statuses = read(folder.path().join("statuses.txt"));
    assert!(run.status.success(), "{output}\n{errors}\n{statuses}");
    assert_eq!(statuses.lines().collect::<Vec<_>>(), promised, "{output}\n{errors}");
    (output.to_ascii_lowercase(), folder)
}

#[test]
fn the_first_token_of_the_readme_works() {
    let (output, _folder) = run("README.md", 4);
    for part in ["\"user_id\":\"ann\"", "\"title\":\"buy milk\"", "\"code\":\"forbidden\""] {
        assert!(output.contains(part), "{part}: {output}");
    }
}

#[test]
fn the_first_request_of_the_quick_start_works() {
    let (output, _folder) = run("docs/quick-start.md", 3);
    for part in ["\"user_id\":\"ann\"", "\"title\":\"buy milk\"", "\"code\":\"forbidden\""] {
        assert!(output.contains(part), "{part}: {output}");
    }
}

#[test]
fn the_examples_of_the_api_do_what_they_say() {
    let (output, folder) = run("docs/api.md", 10);
    for part in [
        "\"user_id\":\"curl-user\"",
        "\"title\":\"buy milk\"",
        "x-total-count: 1",
        "\"priority\":\"high\"",
        "\"code\":\"precondition_failed\"",
        "\"completed\":true",
        "\"field\":\"priority\"",
    ] {
        assert!(output.contains(part), "{part}: {output}");
    }
    let exported: Value = serde_json::from_str(&read(folder.path().join("tasks.json"))).unwrap();
    assert_eq!(exported[0]["title"], "Buy milk");
}

#[test]
fn the_readme_stays_short() {
    let text = read("README.md");
    let shown = text.lines().filter(|line| !line.starts_with("<!--"));
    let words: usize = shown.map(|line| line.split_whitespace().count()).sum();
    assert!(words <= 900, "{words} words: move something to docs/");
}

#[test]
fn the_api_document_names_every_operation_and_parameter() {
    let text = read("docs/api.md");
    let contract: Value = serde_json::from_str(&read("openapi.json")).unwrap();
    let mut missing = Vec::new();
    for (path, operations) in contract["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            missing.push(format!("`{} {path}", method.to_ascii_uppercase()));
        }
    }
    let list = &contract["paths"]["/api/{user_id}/tasks"]["get"]["parameters"];
    let query = list.as_array().unwrap().iter().filter(|parameter| parameter["in"] == "query");
    missing.extend(query.map(|parameter| format!("`{}=", parameter["name"].as_str().unwrap())));
    assert!(missing.len() > 25, "the contract was not read: {missing:?}");
    missing.retain(|words| !text.contains(words.as_str()));
    assert!(missing.is_empty(), "docs/api.md lacks {missing:?}");
}

/// The names in the environment that the web app's own code reads.
fn variables_of_the_web_app() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in std::fs::read_dir(root().join("web/lib")).unwrap() {
        let text = read(file.unwrap().path());
        for before in ["process.env.", "httpUrl(\""] {
            names.extend(text.split(before).skip(1).map(|rest| {
                rest.split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
                    .next()
                    .unwrap()
                    .to_owned()
            }));
        }
    }
    names.remove("");
    names
}

#[test]
fn the_configuration_names_every_variable_of_the_web_app() {
    let text = read("docs/configuration.md");
    let (_, part) = text.split_once("\n## The web app\n").unwrap();
    let names = variables_of_the_web_app();
    assert!(names.len() > 8, "the web app's sources were not read: {names:?}");
    for name in names {
        assert!(
            part.contains(&format!("`{name}`")),
            "{name} is missing from docs/configuration.md"
        );
    }
}

/// The anchor that a heading gets: small letters, without punctuation, with dashes between the words.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut followed = 0;
    for document in documents() {
        let text = read(&document);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
            let folder = document.parent().unwrap();
            let file = if path.is_empty() { document.clone() } else { folder.join(path) };
            assert!(root().join(&file).exists(), "{} links to {target}", document.display());
            if !fragment.is_empty() {
                let there = read(&file);
                let mut headings = there.lines().filter(|line| line.starts_with('#')).map(anchor);
                assert!(headings.any(|heading| heading == fragment), "{target} has no heading");
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "only {followed} links were found");
}

#[test]
fn every_make_target_in_the_documents_exists() {
    let makefile = read("Makefile");
    let mut named = BTreeSet::new();
    for document in documents() {
        let text = read(&document);
        let commands = text.split(['`', '\n']).filter_map(|part| part.strip_prefix("make "));
        named.extend(commands.filter(|rest| !rest.contains(' ')).map(str::to_owned));
    }
    assert!(named.contains("run") && named.len() > 5, "{named:?}");
    for target in named {
        assert!(makefile.contains(&format!("\n{target}:")), "there is no `make {target}`");
    }
}

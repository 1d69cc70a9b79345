//! Commands that are only mentioned: the program has them, with these options, and so has npm.

use serde_json::Value;

use super::{blocks, code, documents, prose, read};

/// What begins like a command and is none: names in `pg_stat_activity`.
const NO_COMMANDS: [&str; 2] = ["taskbridge reads", "taskbridge writes"];

/// Every command in backticks or in a block, with its document.
fn mentioned() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for document in documents() {
        let name = document.display().to_string();
        let text = prose(&document);
        found.extend(code(&text).map(|command| (name.clone(), command.to_owned())));
    }
    for block in blocks::all() {
        let lines = block.commands.lines().map(|line| (block.document.clone(), line.to_owned()));
        found.extend(lines);
    }
    found
}

/// The part of the page of commands about one of them. A test holds that page to the program.
fn section<'a>(page: &'a str, command: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n## {command}\n"))?;
    rest.split("\n## ").next()
}

/// The options of a command line that its own part of the page does not have.
fn unknown(page: &str, line: &str) -> Vec<String> {
    let mut words = line.split_whitespace().skip(1).peekable();
    let mut command = "taskbridge".to_owned();
    while let Some(word) = words.peek() {
        let longer = format!("{command} {word}");
        if section(page, &longer).is_none() {
            break;
        }
        command = longer;
        words.next();
    }
    let known = section(page, &command).unwrap_or_default();
    let is_command = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    // A lower-case word directly after it is meant as a command.
    let first = words.peek().copied().filter(is_command).filter(|word| !word.starts_with('-'));
    let options = words.filter(|word| word.starts_with("--"));
    let options = options.map(|option| option.split('=').next().unwrap());
    let missing = options.filter(|option| !known.contains(option) && *option != "--help");
    first.into_iter().chain(missing).map(|word| format!("{command} has no {word}")).collect()
}

#[test]
fn every_command_of_the_program_that_is_mentioned_exists() {
    let page = read("docs/reference/cli.md");
    let (mut checked, mut faults) = (0, Vec::new());
    for (document, text) in mentioned() {
        if NO_COMMANDS.contains(&&*text) {
            continue;
        }
        for part in text.split([';', '|', '&', '(', ')']).map(str::trim) {
            // Without what is set before it, and wherever it lies.
            let part = part.trim_start_matches("target/debug/");
            if part.starts_with("taskbridge ") {
                let part = part.split(" #").next().unwrap_or_default();
                faults.extend(
                    unknown(&page, part).into_iter().map(|fault| (document.clone(), fault)),
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "only {checked} commands were found");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_command_that_is_not_there_is_noticed() {
    let page = read("docs/reference/cli.md");
    assert!(unknown(&page, "taskbridge token mint --user ann").is_empty());
    assert_eq!(
        unknown(&page, "taskbridge token mint --name ann"),
        ["taskbridge token mint has no --name"]
    );
    assert_eq!(unknown(&page, "taskbridge destroy"), ["taskbridge has no destroy"]);
}

#[test]
fn every_npm_script_that_is_mentioned_exists() {
    let scripts_of =
        |path| -> Value { serde_json::from_str::<Value>(&read(path)).unwrap()["scripts"].take() };
    let scripts = ["web/package.json", "packages/taskbridge-auth/package.json"].map(scripts_of);
    let mut checked = 0;
    for (document, text) in mentioned() {
        for name in text.split("npm run ").skip(1).filter_map(|rest| rest.split_whitespace().next())
        {
            let known = scripts.iter().any(|scripts| scripts[name].is_string());
            assert!(known, "{document}: npm run {name}");
            checked += 1;
        }
    }
    assert!(checked > 3, "only {checked} were found");
}

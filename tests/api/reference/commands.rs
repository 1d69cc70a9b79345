//! The page of the command line: what `--help` prints for every command.

use super::MADE;
use crate::support::process::Process;

/// The page.
pub fn page() -> String {
    let mut page = format!(
        "# Command line\n\n{MADE}\n\nThe program is one file, `taskbridge`. Every command reads the same [settings](../configuration.md), \
         from the environment and from\n`.env`. `taskbridge --help` prints what is below, and the settings after it.\n"
    );
    add(&mut page, &[]);
    page
}

/// The help of a command and of all commands below it.
fn add(page: &mut String, path: &[&str]) {
    let help = help(path);
    let name = [&["taskbridge"], path].concat().join(" ");
    page.push_str(&format!("\n## {name}\n\n```text\n{help}\n```\n"));
    for command in below(&help) {
        add(page, &[path, &[command.as_str()]].concat());
    }
}

/// What is printed, without the settings, which have a page of their own.
fn help(path: &[&str]) -> String {
    let mut process = Process::start(&[path, &["--help"]].concat(), &[]);
    assert!(process.wait().success(), "{path:?}: {}", process.output());
    let printed = process.stdout();
    let kept = printed.split("\nEnvironment variables (").next().unwrap_or_default();
    kept.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The names below `Commands:`.
fn below(help: &str) -> Vec<String> {
    let Some((_, rest)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let named = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = named.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

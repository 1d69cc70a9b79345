//! The pages of reference in docs/, made from the program: its settings, its commands, its errors and its operations. A
//! page that is out of date fails its test, and `make reference` writes all of them again.

mod commands;
mod errors;
mod http;
mod settings;

use std::path::Path;

use rstest::rstest;

const RENEW: &str =
    "is not what the program says. Look at the difference, then renew it: make reference";

/// Set by `make reference`.
const WRITE: &str = "TASKBRIDGE_WRITE_REFERENCE";

#[expect(clippy::disallowed_methods, reason = "a choice of who runs the tests, not configuration")]
fn is_to_be_written() -> bool {
    std::env::var_os(WRITE).is_some()
}

/// Where every page says that it must not be edited.
const MADE: &str = "<!-- Made from the program by `make reference`: do not edit. -->";

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

#[rstest]
#[case::settings("docs/configuration.md", settings::page)]
#[case::commands("docs/reference/cli.md", commands::page)]
#[case::errors("docs/reference/errors.md", errors::page)]
#[case::http("docs/reference/http.md", http::page)]
fn the_page_is_what_the_program_says(#[case] path: &str, #[case] page: fn() -> String) {
    let wanted = page();
    if is_to_be_written() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(path), wanted).unwrap();
        return;
    }
    let found = read(path);
    let differs = found.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
    let length = (found.lines().count(), wanted.lines().count());
    assert!(found == wanted, "{path} {RENEW}\n{differs:#?}, lines {length:?}");
}

/// A text as a cell of a table: on one line, with no bar that would end it.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

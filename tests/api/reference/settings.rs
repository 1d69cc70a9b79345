//! The tables of docs/configuration.md, between the markers that stand there. A table goes from the setting that its marker
//! names to the one before the next marker, so that a new setting has its place without a new line here.

use taskbridge::config::{VARIABLES, Variable};

use super::{cell, read};

const BEGIN: &str = "<!-- settings from ";
const END: &str = "<!-- /settings -->";

/// Where the document says more about a setting than its row.
const MORE: &[(&str, &str)] = &[
    ("BETTER_AUTH_SECRETS", "replace-a-secret.md"),
    ("JWT_SESSION_CLAIM", "better-auth.md#sign-out"),
    ("MCP", "mcp.md"),
    ("DATABASE_URL", "#database_url"),
    ("PGPASSFILE", "#database_url"),
    ("DATABASE_PREPARED_STATEMENTS", "OPERATIONS.md#pgbouncer"),
    ("DATABASE_RLS", "OPERATIONS.md#row-level-security"),
    ("DATABASE_SHARDING", "OPERATIONS.md#citus"),
    ("CLIENT_ADDRESS_HEADER", "OPERATIONS.md#behind-a-proxy-and-in-docker"),
];

/// The document with its tables filled.
pub fn page() -> String {
    let document = read("docs/configuration.md");
    let mut parts = document.split(BEGIN);
    let mut page = parts.next().unwrap_or_default().to_owned();
    let parts: Vec<(&str, &str)> = parts.map(|part| part.split_once(" -->").unwrap()).collect();
    let begins: Vec<usize> = parts.iter().map(|(first, _)| place(first)).collect();
    assert_eq!(begins.first(), Some(&0), "the first marker does not name the first setting");
    assert!(begins.is_sorted(), "the markers are not in the order of the settings");
    let ends = begins.iter().skip(1).copied().chain([VARIABLES.len()]);
    for (((first, part), begin), end) in parts.iter().zip(&begins).zip(ends) {
        let (_, after) = part.split_once(END).expect("a marker without its end");
        let rows: String = VARIABLES[*begin..end].iter().map(row).collect();
        page += &format!(
            "{BEGIN}{first} -->\n| variable | default | meaning |\n| --- | --- | --- |\n{rows}{END}{after}"
        );
    }
    page
}

/// The place of a setting in the table of the program.
fn place(name: &str) -> usize {
    let place = VARIABLES.iter().position(|variable| variable.name == name);
    place.unwrap_or_else(|| panic!("docs/configuration.md names {name}, which is no setting"))
}

fn row(Variable { name, default, range, help }: &Variable) -> String {
    let described = default.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let default = described.map_or_else(|| format!("`{default}`"), str::to_owned);
    let range = range.as_ref().filter(|range| *range.end() < u32::MAX);
    let range = range.map(|range| format!(" From {} to {}.", range.start(), range.end()));
    let more = MORE.iter().find(|(of, _)| of == name);
    let more = more.map(|(_, target)| format!(" [More]({target})")).unwrap_or_default();
    let meaning = format!("{help}{}{more}", range.unwrap_or_default());
    format!("| `{name}` | {default} | {} |\n", cell(&meaning))
}

#[test]
fn every_link_to_more_belongs_to_a_setting() {
    for (name, _) in MORE {
        place(name);
    }
}

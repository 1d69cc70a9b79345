//! Which module may know which, read off the source: a lower layer never imports a higher one.

use std::collections::BTreeSet;

use crate::support::sources::{self, SourceFile};

/// The folders of `src`, from the bottom to the top.
const LAYERS: &[&[&str]] = &[
    &["base"],
    &["auth", "db"],
    &["config"],
    &["http"],
    &["tasks", "me", "health", "docs", "telemetry"],
    &["server"],
    &["cli", "main"],
];

/// Whether a file may name a library.
type Allowed = fn(&str) -> bool;

/// Who may name a library, so that exchanging it stays a local matter.
const CONFINED: &[(&str, Allowed)] = &[
    ("diesel::", |path| {
        let typed = ["id", "priority", "tags", "model"];
        path.starts_with("db/")
            || path.starts_with("tasks/store/")
            || typed.iter().any(|name| path == format!("tasks/task/{name}.rs"))
            || ["tables", "ledger"].iter().any(|name| path == format!("cli/copy/{name}.rs"))
    }),
    ("diesel_async::", |path| path.starts_with("db/") || path.starts_with("tasks/store/")),
    ("tokio_postgres::", |path| path.starts_with("db/")),
    ("aws_lc_rs::digest", |path| {
        matches!(
            path,
            "tasks/idempotency/fingerprint.rs" | "tasks/list/cursor.rs" | "cli/copy/checksum.rs"
        )
    }),
    ("jsonwebtoken::", |path| matches!(path, "auth/keys/key.rs" | "auth/keys/jwk.rs")),
    ("utoipa::", |path| {
        let described = [
            "base/problem/mod.rs",
            "base/problem/code.rs",
            "server/openapi.rs",
            "me/mod.rs",
            "health/mod.rs",
        ]
        .contains(&path);
        let in_tasks = ["request/body", "clear", "response/shape"]
            .iter()
            .any(|name| path == format!("tasks/{name}.rs"));
        described || in_tasks || path.contains("/openapi")
    }),
    // Its statements concern all users at once, so nothing that serves a request may know it.
    ("TaskRow", |path| path.starts_with("cli/copy/")),
    ("utoipa_swagger_ui::", |path| path == "docs/page.rs"),
    ("std::env::", |path| path == "config/source.rs"),
    // It leaves a writing statement before SQLite has committed it, and drops the error of that. These read.
    (".get_result(", |path| matches!(path, "db/postgres/facts.rs" | "cli/copy/ledger.rs")),
];

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("{module} has no place in the layer table"))
}

/// The names directly behind `crate::`, also in a group.
fn imports(code: &str) -> BTreeSet<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_entries(group).iter().map(|entry| name(entry))),
            None => {
                names.insert(name(rest));
            }
        }
    }
    names.retain(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    names
}

/// The entries of a `{…}` group whose opening brace is already gone.
fn group_entries(group: &str) -> Vec<String> {
    let (mut depth, mut entries) = (0_usize, vec![String::new()]);
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => entries.push(String::new()),
            _ => {}
        }
        entries.last_mut().unwrap().push(character);
    }
    entries.iter().map(|entry| entry.trim_start_matches(',').to_owned()).collect()
}

fn program() -> impl Iterator<Item = SourceFile> {
    sources::all().into_iter().filter(|file| !file.is_test() && file.path != "lib.rs")
}

#[test]
fn the_reader_of_imports_sees_what_it_should() {
    let code = "use crate::db::{Db, DbError};\nuse crate::{health, me::X, tasks::{a, b}};\ncrate::auth::f(); pub(crate) fn g(); crate::Top";
    let expected = ["auth", "db", "health", "me", "tasks"].map(str::to_owned);
    assert_eq!(imports(code), BTreeSet::from(expected));
}

#[test]
fn no_module_imports_from_above_or_beside() {
    let mut seen = 0;
    for file in program() {
        let own = file.module().to_owned();
        for other in imports(&file.code).into_iter().filter(|other| *other != own) {
            assert!(
                layer(&other) < layer(&own),
                "{} imports {other}, which is not below it",
                file.path
            );
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} imports were found");
}

#[test]
fn every_module_has_its_layer_and_the_table_has_no_others() {
    let found: BTreeSet<String> = program().map(|file| file.module().to_owned()).collect();
    let listed: BTreeSet<String> = LAYERS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(found, listed);
}

#[test]
fn libraries_are_named_only_where_they_belong() {
    for (library, allowed) in CONFINED {
        let users: Vec<String> = sources::all()
            .into_iter()
            .filter(|file| !file.is_test() && file.code.contains(library))
            .map(|file| file.path)
            .collect();
        assert!(!users.is_empty(), "nobody uses {library}: remove the rule");
        for path in users {
            assert!(allowed(&path), "{path} names {library}");
        }
    }
}

//! Which module may know which, read off the source: a lower layer never imports a higher one.

use std::collections::BTreeSet;

use crate::support::sources::{self, SourceFile};

/// The folders of `src`, from the bottom to the top.
const LAYERS: &[&[&str]] = &[
    &["base"],
    &["auth", "db"],
    &["config"],
    &["http"],
    &["sessions"],
    &["tasks", "me", "health", "docs", "telemetry"],
    &["mcp"],
    &["server"],
    &["cli", "main"],
];

/// Whether a file may name a library.
type Allowed = fn(&str) -> bool;

/// Where a library may be named, so that exchanging it stays a local matter.
const CONFINED: &[(&str, Allowed)] = &[
    ("diesel::", |path| {
        let columns = ["id", "model", "owner_state", "priority", "tags"];
        let is_column = columns.iter().any(|name| path == format!("tasks/task/{name}.rs"));
        let in_store = path.starts_with("db/") || path.starts_with("tasks/store/");
        in_store
            || is_column
            || matches!(
                path,
                "cli/copy/tables.rs"
                    | "cli/copy/ledger.rs"
                    | "cli/new_epoch.rs"
                    | "sessions/store.rs"
                    | "server/rate_limit/share.rs"
            )
    }),
    ("db::schema", |path| {
        path.starts_with("tasks/store/") || path.starts_with("db/") || path == "cli/copy/tables.rs"
    }),
    ("diesel_async::", |path| {
        path.starts_with("db/postgres/")
            || matches!(
                path,
                "db/migrations.rs"
                    | "db/run.rs"
                    | "db/worker.rs"
                    | "tasks/store/batch.rs"
                    | "tasks/store/bulk.rs"
                    | "tasks/store/operations.rs"
                    | "tasks/store/poll.rs"
            )
    }),
    ("tokio_postgres::", |path| path.starts_with("db/postgres/")),
    ("deadpool::", |path| path == "db/postgres/pool.rs"),
    ("r2d2::", |path| path.starts_with("db/sqlite/")),
    ("caseless::", |path| path == "tasks/list/matching.rs"),
    ("unicode_normalization::", |path| path == "tasks/list/matching.rs"),
    ("aws_lc_rs::digest", |path| {
        matches!(
            path,
            "tasks/idempotency/fingerprint.rs" | "tasks/opaque.rs" | "cli/copy/checksum.rs"
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
            "docs/mod.rs",
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
    ("flate2::", |path| path == "server/gzip.rs"),
    // Made in one place, so that each request has the same limits.
    ("Agent::config_builder", |path| path == "base/http_client.rs"),
    ("socket2::", |path| path.starts_with("server/connection/") || path == "server/shutdown.rs"),
    ("actix_http::", |path| path == "server/app.rs"),
    ("std::env::", |path| path == "config/source.rs"),
    // It leaves a writing statement before SQLite has committed it, and drops the error of that. These read.
    (".get_result(", |path| matches!(path, "db/postgres/facts.rs" | "cli/copy/ledger.rs")),
];

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("{module} has no place in the layer table"))
}

/// The names directly after `crate::`, also in a group.
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
        assert!(!users.is_empty(), "no file uses {library}: remove the rule");
        for path in users {
            assert!(allowed(&path), "{path} names {library}");
        }
    }
}

/// The rest of the feature knows neither a connection nor a way to a statement.
#[test]
fn of_the_database_tasks_outside_their_store_know_times_and_errors_alone() {
    let mut seen = 0;
    for file in program().filter(|file| file.module() == "tasks") {
        if file.path.starts_with("tasks/store/") {
            continue;
        }
        for rest in file.code.split("crate::db::").skip(1) {
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(["Timestamp", "DbError"].contains(&name.as_str()), "{}: {rest:.40}", file.path);
            seen += 1;
        }
    }
    assert!(seen > 3, "only {seen} imports were found");
}

#[test]
fn every_method_of_the_store_takes_the_proof_of_ownership() {
    let store = program().find(|file| file.path == "tasks/store/mod.rs").unwrap();
    let (_, methods) = store.code.split_once("impl TaskStore {").unwrap();
    let (methods, _) = methods.split_once("\n}").unwrap();
    let methods: Vec<&str> = methods.split("async fn ").skip(1).collect();
    assert!(methods.len() > 8, "{methods:?}");
    for method in methods {
        let (head, _) = method.split_once('{').unwrap();
        assert!(head.contains("&self") && head.contains("owner: &OwnerId"), "{head}");
    }
}

//! Names of code in the documents: every file, type, function, setting and column in backticks is in the repository. The decisions
//! in `docs/adr` are left out: they say what was true when they were made.

use std::collections::BTreeSet;
use std::path::Path;

use super::{code, documents, prose, root};

/// Names that are not of this repository, and whose they are.
const OF_OTHERS: &[(&str, &str)] = &[
    ("RequestHeader", "Apache"),
    ("header_up", "Caddy"),
    ("TimeoutStopSec", "systemd"),
    ("pg_basebackup", "PostgreSQL"),
    ("citus_create_restore_point", "Citus"),
    ("isolate_tenant_to_new_shard", "Citus"),
    ("citus_rebalance_start", "Citus"),
    ("citus_add_rebalance_strategy", "Citus"),
    ("defaultFindManyLimit", "Better Auth"),
    ("removeUser", "Better Auth"),
    ("revokeSessions", "Better Auth"),
    ("revokeSessionsOnPasswordReset", "Better Auth"),
    ("revokeUserSession", "Better Auth"),
    ("rotationInterval", "Better Auth"),
    ("toNextJsHandler", "Better Auth"),
    ("jwks_uri", "RFC 8414"),
    ("taskbridge_default", "Docker, which makes it of the folder's name"),
    ("a_deleted_task_is_404", "an example of a name"),
];

/// Files that are made and not kept, or are media types or entries of the npm package that only look like files.
const NO_FILES: &[&str] = &[
    "application/json",
    "application/x-www-form-urlencoded",
    "text/event-stream",
    "tasks.json",
    "trash.json",
    "secrets",
    "target",
    "target/site",
    "taskbridge-auth/client",
    "taskbridge-auth/live",
    "taskbridge-auth/react",
    "target/debug/taskbridge",
    "target/release/taskbridge",
    "web/auth.db",
];

/// Where the documents leave out the beginning of a path: they say so, or it is plain from the section.
const FOLDERS: [&str; 8] =
    ["", "src", "web", "web/lib", "tests", "tests/faults", "bench", "deploy/kubernetes"];

/// Every file that is kept, as its path and its text.
fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    let skipped =
        ["vectors", "target", "node_modules", ".git", ".next", ".work", ".venv", "results"];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !skipped.contains(&&*name) {
                files(&path, found);
            }
        } else {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            found.push((path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(), text));
        }
    }
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Whether a word can only be a name: `two_parts`, `TwoParts` or `twoParts`.
fn is_name(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    let hump =
        letters.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    word.trim_matches('_').contains('_') || hump
}

/// Whether a text is meant as a path: words with slashes between, or a name with the ending of a source file.
fn is_path(code: &str) -> bool {
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-@[]".contains(&b));
    let endings =
        [".rs", ".ts", ".tsx", ".toml", ".yaml", ".json", ".md", ".sql", ".py", ".conf", ".mjs"];
    let ends = endings.iter().any(|ending| code.ends_with(ending));
    plain && !code.starts_with(['/', '.', '@']) && (code.contains('/') || ends)
}

#[test]
fn every_file_and_every_name_of_code_in_the_documents_exists() {
    let mut kept = Vec::new();
    files(root(), &mut kept);
    let documents = documents();
    let is_document = |path: &str| documents.iter().any(|document| document == Path::new(path));
    let others = kept.iter().filter(|(path, _)| !is_document(path));
    let known: BTreeSet<&str> = others.flat_map(|(_, text)| identifiers(text)).collect();
    let (mut checked, mut unknown) = (0, Vec::new());
    for document in documents.iter().filter(|path| !path.starts_with("docs/adr")) {
        let text = prose(document);
        for code in code(&text) {
            // A test is named by its file; `every_test_that_is_named_exists` looks for the rest.
            let code = code
                .split_once("::")
                .filter(|(file, _)| is_path(file))
                .map_or(code, |(file, _)| file);
            checked += 1;
            if is_path(code) {
                let path = code.trim_end_matches('/');
                let own = document.parent().unwrap().to_str().unwrap();
                let in_folder = |folder: &str| root().join(folder).join(path).exists();
                // A name without a folder may be anywhere: its section says where.
                let bare = || kept.iter().any(|(file, _)| file.ends_with(&format!("/{path}")));
                let there = FOLDERS.iter().copied().chain([own]).any(in_folder);
                if !(there || NO_FILES.contains(&path) || !path.contains('/') && bare()) {
                    unknown.push(format!("{}: no file {code}", document.display()));
                }
                continue;
            }
            let names = identifiers(code).filter(|word| is_name(word) && !known.contains(word));
            let names = names.filter(|word| !OF_OTHERS.iter().any(|(name, _)| name == word));
            unknown.extend(names.map(|word| format!("{}: no {word}", document.display())));
        }
    }
    assert!(checked > 1000, "only {checked} names were found");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn what_is_a_name_and_what_is_a_path() {
    for name in ["OwnerId", "user_id", "JWKS_URL", "definePayload"] {
        assert!(is_name(name), "{name}");
    }
    for word in ["sub", "HS256", "Location", "PATCH", "_"] {
        assert!(!is_name(word), "{word}");
    }
    for path in ["src/auth/", "auth.ts", "web/app/api/auth/[...all]/route.ts"] {
        assert!(is_path(path), "{path}");
    }
    for text in ["/api/me", "and/or more", "user.id", "https://app.example"] {
        assert!(!is_path(text), "{text}");
    }
}

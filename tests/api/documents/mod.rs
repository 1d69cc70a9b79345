//! The documents themselves: what their commands do, and whether what they name exists.

mod blocks;
mod commands;
mod mentions;
mod names;
mod pictures;

use std::path::{Path, PathBuf};

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every document for people in this repository, but for those of other packages.
pub fn documents() -> Vec<PathBuf> {
    let mut found = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(PathBuf::from).to_vec();
    for folder in ["docs", "docs/adr", "docs/reference"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        found.extend(entries.map(|entry| Path::new(folder).join(entry.unwrap().file_name())));
    }
    found.retain(|path: &PathBuf| path.extension().is_some_and(|extension| extension == "md"));
    found.sort();
    assert!(found.len() > 25, "the documents were not found");
    found
}

/// A document without its fenced blocks.
pub fn prose(path: &Path) -> String {
    let mut fenced = false;
    let text = read(path);
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What stands in backticks in a document's prose.
pub fn code(prose: &str) -> impl Iterator<Item = &str> {
    let lines = prose.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    lines.filter(|code| !code.is_empty())
}

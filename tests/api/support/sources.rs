//! The program's own source text, for rules that no compiler checks.

use std::path::Path;

/// One file below `src`.
pub struct SourceFile {
    /// Relative to `src`, such as `auth/key.rs`.
    pub path: String,
    /// Its lines without comments and without the unit tests at its end.
    pub code: String,
}

impl SourceFile {
    /// Whether the whole file is for tests.
    pub fn is_test(&self) -> bool {
        let folder = self.path.contains("/tests/");
        folder || self.path.ends_with("/tests.rs") || self.path.ends_with("/testing.rs")
    }

    /// The top-level module it belongs to.
    pub fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

/// Every file, in the order of their paths.
pub fn all() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 30, "the source tree was not found");
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.push(SourceFile { path: name, code: code(&text) });
        }
    }
}

fn code(text: &str) -> String {
    let without_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = without_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

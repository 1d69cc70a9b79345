//! The reports of the command-line tools: a table for people, JSON for programs.

use std::io::Write;

use serde::Serialize;

/// One line of a report.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// What was checked.
    pub(super) name: String,
    /// The result of the check.
    pub(super) result: Verdict,
    /// What was found.
    pub(super) value: String,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// Possibly a mistake. The command still succeeds.
    Warning,
    /// A mistake. The command fails.
    Failed,
    /// Not checked, because an earlier check failed.
    NotReached,
}

impl Verdict {
    const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
            Self::NotReached => "-",
        }
    }
}

/// The rows as text in aligned columns.
pub(super) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
    let line = |Row { name, result, value }: &Row| {
        format!("{name:width$}  {:8}  {value}", result.label()).trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Writes to standard output. A closed pipe is not an error: the reader has seen enough.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a value as indented JSON.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}

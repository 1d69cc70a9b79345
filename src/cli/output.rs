//! Reports of the command-line tools: a table for people, JSON for programs.

use std::io::Write;

use serde::Serialize;

/// One line of a report.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// What was looked at.
    pub(super) name: String,
    /// How it went.
    pub(super) result: Verdict,
    /// What was found.
    pub(super) value: String,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// Fine.
    Ok,
    /// Worth a look; does not fail the command.
    Warning,
    /// Wrong.
    Failed,
    /// Not made, because an earlier one failed.
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

/// Lines up the rows.
pub(super) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
    let line = |Row { name, result, value }: &Row| {
        format!("{name:width$}  {:8}  {value}", result.label()).trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// Writes to standard output. A reader that went away is no fault of ours.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes as indented JSON.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}

//! `taskbridge licenses`: the licences of the program and of everything that is linked into it.

use std::process::ExitCode;

use super::output;

/// Written by `scripts/notices` from the lock file; `make test` compares the two.
const TEXT: &str = include_str!("licenses.txt");

/// Prints the licences.
///
/// # Errors
/// When standard output cannot be written to.
pub(super) fn run() -> anyhow::Result<ExitCode> {
    output::print(TEXT)?;
    Ok(ExitCode::SUCCESS)
}

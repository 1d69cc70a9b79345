//! `taskbridge openapi`: prints the description of the API, which is committed as `openapi.json`.

use std::process::ExitCode;

use super::output;
use crate::server::document;

/// Prints the description.
///
/// # Errors
/// When standard output cannot be written to.
pub(super) fn run() -> anyhow::Result<ExitCode> {
    output::print(&document().to_pretty_json()?)?;
    Ok(ExitCode::SUCCESS)
}

//! `taskbridge openapi`: the description of the API, as `openapi.json` holds it.

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

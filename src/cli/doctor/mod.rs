//! `taskbridge doctor`: checks everything that can be wrong before the first request, in one report.

mod assistants;
mod checks;
mod citus;
mod limits;
mod postgres;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::output::{self, Row, Verdict};
use crate::config::{Config, Source};

pub(super) use checks::fix_of;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    healthy: bool,
    checks: Vec<Row>,
}

/// Prints the report; exit code 1 when a check failed.
///
/// # Errors
/// When standard output fails.
pub(super) fn run(source: &Source, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let checks = examine(source);
    let healthy = checks.iter().all(|row| row.result != Verdict::Failed);
    if arguments.json {
        output::print_json(&Report { healthy, checks })?;
    } else {
        output::print(&output::table(&checks))?;
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rows of the report. With a faulty configuration they are its mistakes alone, because every other check
/// depends on it.
fn examine(source: &Source) -> Vec<Row> {
    let config = match Config::from_source(source) {
        Ok(config) => config,
        Err(error) => {
            let failed = |mistake: &String| checks::row("configuration", Verdict::Failed, mistake);
            return error.mistakes().iter().map(failed).collect();
        }
    };
    let mut rows = vec![checks::row("configuration", Verdict::Ok, "every variable is well-formed")];
    rows.extend(checks::secrets(&config));
    rows.extend(checks::key_set(&config));
    rows.extend(checks::claims(&config));
    rows.push(checks::sessions(&config));
    rows.extend(assistants::rows(&config));
    rows.push(checks::database(&config));
    rows.extend(postgres::rows(&config));
    rows.extend(citus::rows(&config));
    rows.extend(checks::unfinished_copy(&config));
    rows.extend(checks::files(&config));
    rows.push(checks::cors(&config));
    rows.extend(limits::rows(&config));
    rows
}

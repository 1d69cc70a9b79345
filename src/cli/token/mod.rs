//! `taskbridge token`: why a token is refused, and tokens for trying things out.

mod decoded;
mod diagnosis;
mod inspect;
mod mint;
mod secrets;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::Source;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the verifier on a token and explain the verdict; exit code 0 valid, 1 refused, 2 usage
    Inspect(inspect::Arguments),
    /// Make a short-lived token for trying the API; refused with APP_ENV=production
    Mint(mint::Arguments),
}

/// Runs the command.
///
/// # Errors
/// What is wrong with the configuration or the arguments.
pub(super) fn run(source: &Source, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Inspect(arguments) => inspect::run(source, &arguments),
        Command::Mint(arguments) => mint::run(source, &arguments),
    }
}

//! `taskbridge token`: explains why a token is refused, and makes tokens for trying the API.
//!
//! [`inspect`] runs the real verifier. For a refused token, [`diagnosis`] derives the likely cause and the fix from
//! the verifier's error, from the token read without trust ([`decoded`]) and from known mistakes with secrets
//! ([`secrets`]). [`mint`] makes a token as the web app does.

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

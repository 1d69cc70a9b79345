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

use crate::config::{Config, Source};

/// What the verifier says of a token, as `token inspect` prints it.
pub(super) struct Verdict {
    /// The user of an accepted token.
    pub(super) user_id: Option<String>,
    /// Every check, and then the verdict or the diagnosis.
    pub(super) text: String,
}

/// Runs the verifier of this configuration on a token.
///
/// # Errors
/// When the thread that fetches keys cannot be started.
pub(super) async fn explain(config: Config, token: &str) -> anyhow::Result<Verdict> {
    let config = inspect::for_its_door(config, token);
    let report = inspect::inspect(&config, token).await?;
    Ok(Verdict { text: inspect::text(&report), user_id: report.user_id })
}

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

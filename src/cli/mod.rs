//! The command line: `serve` unless told otherwise.

mod copy;
mod doctor;
mod healthcheck;
mod logging;
mod migrate;
mod openapi;
mod output;
mod serve;
mod token;

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Source, VARIABLES, Variable, log_format_from};

/// The task API behind a Next.js + Better Auth front end.
#[derive(Debug, Parser)]
#[command(name = "taskbridge", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrate the database and serve the API (the default)
    Serve,
    /// Migrate the database and exit
    Migrate,
    /// Copy all tasks to another database, with the server stopped
    Copy(copy::Arguments),
    /// Ask the server in this container whether it is ready: exit code 0 or 1
    Healthcheck,
    /// Check the configuration, the keys, the clock and the database
    Doctor(doctor::Arguments),
    /// Print the description of the API (OpenAPI 3.1) and exit
    Openapi,
    /// Explain or make a token
    #[command(subcommand)]
    Token(token::Command),
}

/// The HTTP library tells of its threads at `info`, which no operator needs.
const DEFAULT_LOG: &str = "info,actix_server=warn";

/// Parses the command line, reads the environment and `.env`, and runs the command.
///
/// # Errors
/// What stopped the command, in one sentence or one list.
pub fn run() -> anyhow::Result<ExitCode> {
    let matches = Cli::command().after_help(variables_help()).get_matches();
    let cli = Cli::from_arg_matches(&matches)?;
    let source = Source::from_environment(Path::new(".env"))?;
    let command = cli.command.unwrap_or(Command::Serve);
    // Tools that print a report keep the log out of it.
    let quiet = matches!(
        command,
        Command::Healthcheck | Command::Doctor(_) | Command::Openapi | Command::Token(_)
    );
    let filter = source.get("RUST_LOG").unwrap_or(if quiet { "off" } else { DEFAULT_LOG });
    logging::start(filter, log_format_from(&source))?;
    match command {
        Command::Serve => serve::run(&source).map(|()| ExitCode::SUCCESS),
        Command::Migrate => migrate::run(&source).map(|()| ExitCode::SUCCESS),
        Command::Copy(arguments) => copy::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Healthcheck => healthcheck::run(&source).map(|()| ExitCode::SUCCESS),
        Command::Doctor(arguments) => doctor::run(&source, &arguments),
        Command::Openapi => openapi::run(),
        Command::Token(command) => token::run(&source, command),
    }
}

fn variables_help() -> String {
    let mut help = String::from("Environment variables (also read from .env in this folder):\n");
    for Variable { name, default, help: sentence } in VARIABLES {
        // Writing to a string cannot fail.
        let _ = write!(help, "\n  {name}\n      {sentence}\n      Default: {default}\n");
    }
    help
}

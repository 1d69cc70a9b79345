//! The command line; without a command, `serve`.

mod copy;
mod doctor;
mod healthcheck;
mod init;
mod licenses;
mod logging;
mod migrate;
mod new_epoch;
mod openapi;
mod output;
mod private_files;
mod serve;
mod token;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::variables::RUST_LOG;
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
    /// Connect a Better Auth front end: write .env, print its lines, wait for the first token
    Init(init::Arguments),
    /// Migrate the database and exit
    Migrate,
    /// After a backup was restored: make every client read its tasks again
    NewEpoch,
    /// Copy all tasks to another database, with the server stopped
    Copy(copy::Arguments),
    /// Ask the server in this container whether it is ready: exit code 0 or 1
    Healthcheck,
    /// Check the configuration, the keys, the clock and the database
    Doctor(doctor::Arguments),
    /// Print the description of the API (OpenAPI 3.1) and exit
    Openapi,
    /// Print the licences of the program and of everything linked into it
    Licenses,
    /// Explain or make a token
    #[command(subcommand)]
    Token(token::Command),
}

/// Parses the command line, reads the environment and `.env`, and runs the command.
///
/// # Errors
/// What stopped the command, in one sentence or one list.
pub fn run() -> anyhow::Result<ExitCode> {
    let matches = Cli::command().after_help(variables_help()).get_matches();
    let cli = Cli::from_arg_matches(&matches)?;
    let source = Source::from_environment(Path::new(".env"))?;
    let command = cli.command.unwrap_or(Command::Serve);
    // Commands that print a report must not mix it with log lines.
    let quiet = matches!(
        command,
        Command::Healthcheck
            | Command::Doctor(_)
            | Command::Openapi
            | Command::Licenses
            | Command::Token(_)
    );
    // The HTTP library logs its threads at `info`, which no operator needs.
    let default = match command {
        _ if quiet => "off".to_owned(),
        // Its own report says what became of the first tokens.
        Command::Init(_) => {
            "warn,taskbridge::security=off,taskbridge::server::request_log=off".to_owned()
        }
        _ => RUST_LOG.default.to_owned() + ",actix_server=warn",
    };
    let filter = source.get(RUST_LOG.name).unwrap_or(&default);
    logging::start(filter, log_format_from(&source))?;
    match command {
        Command::Serve => serve::run(&source).map(|()| ExitCode::SUCCESS),
        Command::Init(arguments) => init::run(&arguments),
        Command::Migrate => migrate::run(&source).map(|()| ExitCode::SUCCESS),
        Command::NewEpoch => new_epoch::run(&source).map(|()| ExitCode::SUCCESS),
        Command::Copy(arguments) => copy::run(&source, &arguments).map(|()| ExitCode::SUCCESS),
        Command::Healthcheck => healthcheck::run(&source).map(|()| ExitCode::SUCCESS),
        Command::Doctor(arguments) => doctor::run(&source, &arguments),
        Command::Openapi => openapi::run(),
        Command::Licenses => licenses::run(),
        Command::Token(command) => token::run(&source, command),
    }
}

fn variables_help() -> String {
    let row = |Variable { name, default, range, help }: &Variable| {
        let range = range.as_ref().filter(|range| *range.end() < u32::MAX);
        let range = range.map(|range| format!(", from {} to {}", range.start(), range.end()));
        let range = range.unwrap_or_default();
        format!("\n  {name}\n      {help}\n      Default: {default}{range}\n")
    };
    let rows: String = VARIABLES.iter().map(row).collect();
    format!("Environment variables (also read from .env in this folder):\n{rows}")
}

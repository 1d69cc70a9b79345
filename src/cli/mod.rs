//! The command line: `serve` unless told otherwise.

mod migrate;
mod serve;

use std::fmt::Write;
use std::path::Path;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Source, VARIABLES, Variable};

/// The task API behind a Next.js + Better Auth front end.
#[derive(Debug, Parser)]
#[command(name = "taskbridge", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Command {
    /// Migrate the database and serve the API (the default)
    Serve,
    /// Migrate the database and exit
    Migrate,
}

/// The HTTP library tells of its threads at `info`, which no operator needs.
const DEFAULT_LOG: &str = "info,actix_server=warn";

/// Parses the command line, reads the environment and `.env`, and runs the command.
///
/// # Errors
/// What stopped the command, in one sentence or one list.
pub fn run() -> anyhow::Result<()> {
    let matches = Cli::command().after_help(variables_help()).get_matches();
    let cli = Cli::from_arg_matches(&matches)?;
    let source = Source::from_environment(Path::new(".env"))?;
    let filter = source.get("RUST_LOG").unwrap_or(DEFAULT_LOG);
    env_logger::Builder::new().parse_filters(filter).try_init()?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&source),
        Command::Migrate => migrate::run(&source),
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

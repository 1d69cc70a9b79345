//! `taskbridge init`: from nothing to the first token. It asks, or takes flags, for the front end's address and its way
//! of signing ([`answers`], [`dialogue`]), writes `.env` ([`setup`]), prints what to change in the front end
//! ([`front_end`]), and serves until the first token has come ([`wait`]).

mod answers;
mod dialogue;
mod front_end;
mod setup;
mod wait;

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::cli::output;
use crate::config::Config;
use dialogue::Dialogue;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The address of the front end, as its users see it, such as http://localhost:3000
    #[arg(long, value_name = "URL")]
    front_end: Option<String>,
    /// How it signs tokens: shared-secret (HS256) or jwks (a key pair)
    #[arg(long, value_name = "WAY")]
    signing: Option<String>,
    /// Read the front end's BETTER_AUTH_SECRET from standard input; without it, the environment's or a fresh one
    #[arg(long)]
    secret_stdin: bool,
    /// The value of DATABASE_URL
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The port to listen on
    #[arg(long)]
    port: Option<String>,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = ".env")]
    output: String,
    /// Replace values that the file has already
    #[arg(long)]
    force: bool,
    /// Write and print only: do not serve, and wait for no token
    #[arg(long)]
    no_wait: bool,
}

/// Asks what no flag says, writes the file, and serves.
///
/// # Errors
/// What is wrong, in one sentence. Nothing is written then.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    actix_rt::System::new().block_on(async {
        let mut dialogue = Dialogue::open(arguments.secret_stdin)?;
        let is_complete = arguments.front_end.is_some() && arguments.signing.is_some();
        if !dialogue.is_open() && !is_complete {
            bail!(
                "Standard input is no terminal, so nothing can be asked: give --front-end URL and \
                 --signing shared-secret or jwks"
            );
        }
        let setup = setup::settle(&mut dialogue, arguments).await?;
        output::print(&setup.write()?)?;
        let config = Config::from_source(&setup.source())?;
        let lines =
            |api_url: &str| front_end::lines(&config, setup.signing, api_url, setup.holder());
        if arguments.no_wait {
            output::print(&lines(&format!("http://localhost:{}", config.port)))?;
            output::print("\nStart the API with: taskbridge")?;
        } else {
            wait::serve(&setup, dialogue.close()?, lines).await?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

//! From answers to a `.env` file: one that the server starts with, or none.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Arguments;
use super::answers::{self, Signing};
use super::dialogue::{Dialogue, Question};
use crate::base::private_file;
use crate::config::variables::{
    BETTER_AUTH_SECRET, BETTER_AUTH_SECRETS, BETTER_AUTH_URL, DATABASE_URL, JWKS_URL, PORT,
};
use crate::config::{Config, EnvFile, PLACEHOLDER, Source, Variable, origin_of, parse_secret};

/// How many random bytes a fresh secret has.
const SECRET_BYTES: usize = 32;

/// The first line of a new file.
const HEADING: &str = "# The settings of Taskbridge; `taskbridge --help` lists them all.\n";

/// What was answered, and the file that says so.
pub(super) struct Setup {
    pub(super) path: PathBuf,
    pub(super) signing: Signing,
    file: EnvFile,
    changed: Vec<&'static str>,
}

impl Setup {
    /// The environment, completed by the file.
    pub(super) fn source(&self) -> Source {
        Source::environment_and(&self.file)
    }

    /// The file, if the secret is in it and not in the environment or in a file of its own.
    pub(super) fn holder(&self) -> Option<&Path> {
        let mut names = [BETTER_AUTH_SECRET.name, BETTER_AUTH_SECRETS.name].into_iter();
        names.any(|name| self.file.get(name).is_some()).then_some(&*self.path)
    }

    /// Writes the file, and says which variables have changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self) -> anyhow::Result<String> {
        let path = self.path.display();
        let is_open = private_file::exposed(&self.path).is_some();
        if self.changed.is_empty() && !is_open {
            return Ok(format!("{path} says all of this already"));
        }
        let heading = if self.path.exists() { "" } else { HEADING };
        private_file::replace(&self.path, &format!("{heading}{}", self.file.text()))
            .with_context(|| format!("Cannot write {path}"))?;
        let closed = if is_open { "; it is closed to other users now" } else { "" };
        Ok(format!("Wrote {path}: {}{closed}", self.changed.join(", ")))
    }

    /// Sets a variable, unless that takes another value away without permission.
    async fn set(
        &mut self,
        dialogue: &mut Dialogue,
        variable: &Variable,
        value: &str,
        force: bool,
    ) -> anyhow::Result<()> {
        let (name, path) = (variable.name, self.path.display());
        match self.file.get(name) {
            Some(there) if there == value => return Ok(()),
            Some(there) if there != PLACEHOLDER && !force => {
                let is_secret = [BETTER_AUTH_SECRET.name, DATABASE_URL.name].contains(&name);
                let there = if is_secret { "another value".to_owned() } else { there.to_owned() };
                match dialogue.confirm(&format!("{path} has {name}: {there}. Replace it?")).await? {
                    Some(true) => {}
                    Some(false) => return Ok(()),
                    None => bail!("{path} has {name} already: {there}; --force replaces it"),
                }
            }
            _ => {}
        }
        self.file.set(name, value).map_err(|wrong| anyhow::anyhow!("{name} {wrong}"))?;
        self.changed.push(name);
        let wins = self.source().get(name) != Some(value);
        if wins {
            bail!("{name} is set in the environment, which wins over {path}: unset it there");
        }
        Ok(())
    }
}

/// Asks what no flag says, and checks all of it. Nothing is written yet.
///
/// # Errors
/// The first thing that is wrong, in one sentence.
pub(super) async fn settle(
    dialogue: &mut Dialogue,
    arguments: &Arguments,
) -> anyhow::Result<Setup> {
    let output = Question { flag: "--output", what: "The file to write", default: ".env" };
    let path = dialogue.settle(&output, Some(&arguments.output), writable).await?;
    let file = EnvFile::read(&path)?;
    let known = Source::environment_and(&file);
    let front_end = Question {
        flag: "--front-end",
        what: "The address of the front end",
        default: known.get(BETTER_AUTH_URL.name).unwrap_or(BETTER_AUTH_URL.default),
    };
    let given = arguments.front_end.as_deref();
    let front_end = dialogue.settle(&front_end, given, answers::front_end).await?;
    let has_jwks = known.get(JWKS_URL.name).is_some();
    let way = Question {
        flag: "--signing",
        what: "The way of signing (shared-secret or jwks)",
        default: if has_jwks { Signing::Jwks } else { Signing::SharedSecret }.name(),
    };
    let signing = dialogue.settle(&way, arguments.signing.as_deref(), Signing::parse).await?;
    let mut setup = Setup { path, signing, file, changed: Vec::new() };
    let force = arguments.force;
    setup.set(dialogue, &BETTER_AUTH_URL, &front_end, force).await?;
    match signing {
        Signing::SharedSecret => shared_secret(&mut setup, dialogue, arguments).await?,
        Signing::Jwks => key_set(&mut setup, dialogue, force).await?,
    }
    if let Some(url) = &arguments.database {
        setup.set(dialogue, &DATABASE_URL, url, force).await?;
    } else if setup.source().get(DATABASE_URL.name).is_none() {
        setup.set(dialogue, &DATABASE_URL, DATABASE_URL.default, force).await?;
    }
    if let Some(port) = &arguments.port {
        let port = answers::port(port).map_err(|wrong| anyhow::anyhow!("--port {wrong}"))?;
        setup.set(dialogue, &PORT, &port, force).await?;
    }
    let config = Config::from_source(&setup.source())?;
    if config.keys.jwks.is_some() && !config.keys.secrets.is_empty() {
        eprintln!(
            "  Tokens signed either way are accepted: there are both BETTER_AUTH_SECRET and JWKS_URL."
        );
    }
    if !arguments.no_wait {
        free_port(&mut setup, dialogue, &config).await?;
    }
    Ok(setup)
}

fn writable(text: &str) -> Result<PathBuf, String> {
    let path = Path::new(text);
    let checked = private_file::check_replaceable(path);
    checked
        .map(|()| path.to_owned())
        .map_err(|error| format!("{text:?} cannot be written: {error}"))
}

/// The secret that there is, or a fresh one. It comes through the environment, standard input or a hidden answer, and
/// not through a flag, which other users of the machine can read.
async fn shared_secret(
    setup: &mut Setup,
    dialogue: &mut Dialogue,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let known = setup.source();
    let in_file = format!("{}_FILE", BETTER_AUTH_SECRET.name);
    let elsewhere = known.get(BETTER_AUTH_SECRETS.name).or_else(|| known.get(&in_file)).is_some();
    let secret = if arguments.secret_stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("Cannot read standard input")?;
        let text = text.trim_end_matches(['\n', '\r']);
        parse_secret(text)
            .map_err(|wrong| anyhow::anyhow!("The secret of standard input {wrong}"))?;
        text.to_owned()
    } else if elsewhere {
        return Ok(());
    } else {
        match known.get(BETTER_AUTH_SECRET.name).filter(|secret| *secret != PLACEHOLDER) {
            // Its rules are checked with all others.
            Some(secret) => secret.to_owned(),
            None => asked_or_fresh(dialogue).await?,
        }
    };
    setup.set(dialogue, &BETTER_AUTH_SECRET, &secret, arguments.force).await
}

async fn asked_or_fresh(dialogue: &mut Dialogue) -> anyhow::Result<String> {
    const QUESTION: &str =
        "BETTER_AUTH_SECRET of the front end, if it has one (not shown; Enter makes a fresh one): ";
    loop {
        let answer = dialogue.ask_hidden(QUESTION).await?.unwrap_or_default();
        if answer.is_empty() {
            return fresh_secret();
        }
        match parse_secret(&answer) {
            Ok(_) => return Ok(answer),
            Err(wrong) => eprintln!("  The secret {wrong}."),
        }
    }
}

fn fresh_secret() -> anyhow::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).ok().context("The system gives no random bytes")?;
    Ok(STANDARD.encode(bytes))
}

/// The address of the keys. The front end need not run yet, so at a terminal the same answer again is taken.
async fn key_set(setup: &mut Setup, dialogue: &mut Dialogue, force: bool) -> anyhow::Result<()> {
    if setup.file.get(BETTER_AUTH_SECRET.name) == Some(PLACEHOLDER) {
        setup.file.unset(BETTER_AUTH_SECRET.name);
        setup.changed.push(BETTER_AUTH_SECRET.name);
    }
    let known = setup.source();
    // It may not have been replaced.
    let front_end = known.get(BETTER_AUTH_URL.name).and_then(origin_of).unwrap_or_default();
    let usual = || format!("{front_end}/api/auth/jwks");
    let mut url = known.get(JWKS_URL.name).map_or_else(usual, str::to_owned);
    loop {
        let question =
            Question { flag: "JWKS_URL", what: "The address of its keys", default: &url };
        let wanted = dialogue.settle(&question, Some(&url), answers::key_set).await?;
        if let Some(wrong) = answers::unfetched(&wanted) {
            eprintln!("  {wanted} {wrong}.");
            if dialogue.is_open() {
                eprintln!("  Enter keeps it: the server goes on trying.");
                let again = dialogue.ask(&Question { default: &wanted, ..question }).await?;
                if again != wanted {
                    url = again;
                    continue;
                }
            }
        }
        return setup.set(dialogue, &JWKS_URL, &wanted, force).await;
    }
}

/// Asks for another port while this one is taken.
async fn free_port(
    setup: &mut Setup,
    dialogue: &mut Dialogue,
    config: &Config,
) -> anyhow::Result<()> {
    let question = Question { flag: "--port", what: "A free port", default: "8001" };
    let mut port = config.port;
    while let Err(error) = TcpListener::bind((config.host, port)) {
        dialogue.refuse(
            &question,
            &format!("is needed: cannot listen on {}:{port} ({error})", config.host),
        )?;
        let answer = dialogue.settle(&question, None, answers::port).await?;
        setup.set(dialogue, &PORT, &answer, true).await?;
        port = answer.parse()?;
    }
    Ok(())
}

//! `taskbridge token inspect`: runs the real verifier and reports check by check, with the likely cause of the
//! failure and its fix. It never prints a secret or a signature.

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use super::decoded::Decoded;
use super::diagnosis::{self, Diagnosis};
use crate::auth::{
    AuthenticatedUser, BearerToken, Check, HeaderError, HttpJwks, JwksCache, Revocations,
    TokenError, TokenVerifier,
};
use crate::cli::output::{self, Row, Verdict};
use crate::config::{Config, McpConfig, Source};
use crate::sessions::RevocationStore;

/// The exit code for a wrong command line or configuration.
const USAGE: u8 = 2;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The token; read from standard input if absent or -
    #[arg(long, default_value = "-", hide_default_value = true)]
    jwt: String,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// The report, whose fields are the members of its JSON form.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<String>,
    /// What a valid token opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) accepted_by: Option<&'static str>,
    pub(super) checks: Vec<Row>,
    #[serde(flatten)]
    pub(super) diagnosis: Option<Diagnosis>,
}

/// Prints the report.
///
/// # Errors
/// When standard input or output fails.
pub(super) fn run(source: &Source, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = match Config::from_source(source) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("taskbridge: {error}");
            return Ok(ExitCode::from(USAGE));
        }
    };
    let mut token = arguments.jwt.clone();
    if token == "-" {
        token.clear();
        std::io::stdin().lock().read_to_string(&mut token).context("Cannot read standard input")?;
    }
    let token = token.trim();
    let report = actix_rt::System::new().block_on(inspect(&for_its_door(config, token), token))?;
    if arguments.json {
        output::print_json(&report)?;
    } else {
        output::print(&text(&report))?;
    }
    Ok(if report.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rules of `/mcp` for a token that says it is for that endpoint, where there is one.
pub(super) fn for_its_door(config: Config, token: &str) -> Config {
    let is_for = |mcp: &McpConfig| Decoded::read(token).is_for(&mcp.resource);
    if config.mcp.as_ref().is_some_and(is_for) { config.for_assistants() } else { config }
}

/// Runs the verifier. It fetches the keys from the JWKS endpoint if one is configured.
pub(super) async fn inspect(config: &Config, token: &str) -> anyhow::Result<Report> {
    let jwks = match &config.keys.jwks {
        Some(jwks) => Some(JwksCache::start(HttpJwks::new(&jwks.url), jwks.timing)?),
        None => None,
    };
    let revocations = Arc::new(Revocations::new(config.revocation_seconds));
    RevocationStore::peek(&config.database, &revocations);
    let verifier = TokenVerifier::new(config.auth_settings(jwks, revocations));
    let decoded = Decoded::read(token);
    Ok(match BearerToken::parse(token) {
        Err(error) => refused_header(error, token),
        Ok(bearer) => match verify(&verifier, bearer).await {
            Ok(user) => accepted(config, &decoded, &user),
            Err(error) => refused(config, &decoded, &error, token),
        },
    })
}

async fn verify(
    verifier: &TokenVerifier,
    token: BearerToken<'_>,
) -> Result<AuthenticatedUser, TokenError> {
    match verifier.verify(token) {
        Err(error) if error.is_retryable() => match verifier.refresh_and_verify(token).await {
            // The fetch at start is the only one there is, and its keys decide.
            Err(TokenError::KeyNotFetched { .. }) => verifier.verify(token),
            verdict => verdict,
        },
        verdict => verdict,
    }
}

fn accepted(config: &Config, decoded: &Decoded, user: &AuthenticatedUser) -> Report {
    // No audience is one of both.
    let is_mcp = config.mcp.as_ref().is_some_and(|mcp| config.audience.accepts(&mcp.resource));
    Report {
        valid: true,
        user_id: Some(user.user_id().as_str().to_owned()),
        accepted_by: Some(if is_mcp { "/mcp" } else { "the API" }),
        checks: rows(config, decoded, None),
        diagnosis: None,
    }
}

fn refused(config: &Config, decoded: &Decoded, error: &TokenError, token: &str) -> Report {
    let case = diagnosis::Case { config, decoded, token };
    Report {
        valid: false,
        user_id: None,
        accepted_by: None,
        checks: rows(config, decoded, Some(error.failed_check())),
        diagnosis: Some(diagnosis::of_token(&case, error)),
    }
}

fn refused_header(error: HeaderError, token: &str) -> Report {
    let form = Row {
        name: Check::Form.name().to_owned(),
        result: Verdict::Failed,
        value: format!("{} bytes", token.len()),
    };
    let diagnosis = Some(diagnosis::of_header(error, token));
    Report { valid: false, user_id: None, accepted_by: None, checks: vec![form], diagnosis }
}

fn rows(config: &Config, decoded: &Decoded, failed: Option<Check>) -> Vec<Row> {
    let claim = config.user_id_claim.to_string();
    let result = |check: Check| match failed {
        Some(failed) if check == failed => Verdict::Failed,
        Some(failed) if check > failed => Verdict::NotReached,
        _ => Verdict::Ok,
    };
    let row = |check: Check| Row {
        name: if check == Check::UserId { claim.clone() } else { check.name().to_owned() },
        result: result(check),
        value: match check {
            Check::UserId => decoded.value_at(&claim),
            Check::Session => session(config, decoded),
            _ => decoded.value_for(check),
        },
    };
    Check::ALL.into_iter().map(row).collect()
}

/// The session that the token belongs to, or what its absence means.
fn session(config: &Config, decoded: &Decoded) -> String {
    let Some(claim) = config.session.claim() else {
        return "not read: JWT_SESSION_CLAIM is off".to_owned();
    };
    match decoded.value_at(&claim.to_string()) {
        value if value.is_empty() => {
            format!("no {claim}: the token is good until it expires, also after a sign-out")
        }
        value => value,
    }
}

/// The report for people.
pub(super) fn text(report: &Report) -> String {
    let verdict = match (&report.user_id, &report.diagnosis) {
        (Some(user), _) => {
            let door = report.accepted_by.unwrap_or_default();
            format!("valid: {door} accepts it as user {user:?}")
        }
        (None, Some(Diagnosis { error, cause, fix })) => {
            format!("refused: {error}\ncause:   {cause}\nfix:     {fix}")
        }
        (None, None) => String::new(),
    };
    format!("{}\n{verdict}", output::table(&report.checks))
}

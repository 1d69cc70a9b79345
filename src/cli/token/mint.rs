//! `taskbridge token mint`: makes a token like those of the web app, for curl, Postman and tests.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::auth::{Accepted, ClaimPath, Scope, SessionId, SessionRule, UserId, sign_hs256};
use crate::base::clock;
use crate::cli::output;
use crate::config::{Config, Source};

/// The longest lifetime. A longer one is probably a mistake.
const MAX_TTL_SECONDS: i64 = 31 * 24 * 3600;

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The user id of the token
    #[arg(long)]
    user: String,
    /// Its lifetime, such as 30s, 15m or 2h
    #[arg(long, default_value = "15m", value_parser = parse_ttl)]
    ttl: i64,
    /// What it is for: tasks:read, tasks:write or both, separated by a space; everything without it
    #[arg(long)]
    scope: Option<String>,
    /// The id of the session that it belongs to; without it none, or a random one with REQUIRE_SESSION=on
    #[arg(long)]
    session: Option<String>,
    /// For /mcp, the endpoint for assistants, and for nothing else
    #[arg(long)]
    mcp: bool,
}

/// Parses a number with a unit into seconds.
fn parse_ttl(text: &str) -> Result<i64, &'static str> {
    const FORM: &str = "write a number with a unit: 30s, 15m, 2h or 1d, at most 31d";
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 24 * 3600,
        _ => return Err(FORM),
    };
    let number: i64 = text.get(..text.len() - 1).and_then(|n| n.parse().ok()).ok_or(FORM)?;
    let seconds = number.checked_mul(unit).ok_or(FORM)?;
    if (1..=MAX_TTL_SECONDS).contains(&seconds) { Ok(seconds) } else { Err(FORM) }
}

/// Prints the token and nothing else.
///
/// # Errors
/// In production, without a shared secret, or for an invalid user id.
pub(super) fn run(source: &Source, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = Config::from_source(source)?;
    let config = if arguments.mcp { for_mcp(config)? } else { config };
    let wanted = Wanted {
        user: &arguments.user,
        ttl: arguments.ttl,
        scope: arguments.scope.as_deref(),
        session: arguments.session.as_deref(),
    };
    let token = mint(&config, &wanted)?;
    output::print(&token)?;
    Ok(ExitCode::SUCCESS)
}

/// With the rules for tokens that are for `/mcp`.
pub(super) fn for_mcp(config: Config) -> anyhow::Result<Config> {
    ensure!(config.mcp.is_some(), "--mcp: assistants are not served here: set MCP=on");
    Ok(config.for_assistants())
}

/// What a token is to say.
pub(super) struct Wanted<'a> {
    pub(super) user: &'a str,
    /// In seconds.
    pub(super) ttl: i64,
    pub(super) scope: Option<&'a str>,
    pub(super) session: Option<&'a str>,
}

/// A token that this configuration accepts.
pub(super) fn mint(config: &Config, wanted: &Wanted<'_>) -> anyhow::Result<String> {
    let Wanted { user, ttl, scope, .. } = *wanted;
    if config.production {
        bail!("Tokens are not minted with APP_ENV=production: sign in to the web app instead");
    }
    UserId::parse(user)
        .context("--user must be 1 to 255 bytes long and hold no control characters")?;
    let unknown = |name: &&str| Scope::ALL.iter().all(|scope| scope.as_str() != *name);
    if let Some(name) = scope.and_then(|scope| scope.split(' ').find(unknown)) {
        bail!(
            "--scope: {name:?} is not known; use tasks:read, tasks:write or \"tasks:read tasks:write\""
        );
    }
    let signer = config.keys.secrets.first().context(
        "There is no shared secret to sign with: set BETTER_AUTH_SECRET, or take a token from the web app",
    )?;
    let mut header = json!({"alg": "HS256", "typ": "JWT"});
    if let Some(version) = &signer.version {
        header["kid"] = json!(version);
    }
    let now = clock::now_seconds();
    let mut payload = Map::new();
    payload.insert("iat".to_owned(), json!(now));
    payload.insert("exp".to_owned(), json!(now.saturating_add(ttl)));
    for (name, accepted) in [("iss", &config.issuer), ("aud", &config.audience)] {
        if let Some(value) = first(accepted) {
            payload.insert(name.to_owned(), json!(value));
        }
    }
    if let Some(scope) = scope {
        payload.insert("scope".to_owned(), json!(scope));
    }
    if let Some((claim, session)) = session(config, wanted.session)? {
        insert(&mut payload, &claim.to_string(), &session);
    }
    insert(&mut payload, &config.user_id_claim.to_string(), user);
    sign_hs256(&signer.secret, &header, &Value::Object(payload))
        .context("The token could not be signed")
}

/// The claim with the session's id, and that id.
fn session<'a>(
    config: &'a Config,
    wanted: Option<&str>,
) -> anyhow::Result<Option<(&'a ClaimPath, String)>> {
    let random = || uuid::Uuid::new_v4().simple().to_string();
    match (&config.session, wanted) {
        (SessionRule::Ignored, Some(_)) => {
            bail!("--session: JWT_SESSION_CLAIM is off, so no token is read for a session")
        }
        (SessionRule::Required(claim), None) => Ok(Some((claim, random()))),
        (rule, Some(id)) => {
            SessionId::parse(id)
                .context("--session must be 1 to 255 bytes long and hold no control characters")?;
            Ok(rule.claim().map(|claim| (claim, id.to_owned())))
        }
        (SessionRule::Ignored | SessionRule::Optional(_), None) => Ok(None),
    }
}

/// Sets a claim; a dotted path becomes nested objects.
fn insert(members: &mut Map<String, Value>, path: &str, text: &str) {
    match path.split_once('.') {
        None => {
            members.insert(path.to_owned(), json!(text));
        }
        Some((outer, inner)) => {
            let object = members.entry(outer).or_insert_with(|| json!({}));
            if let Value::Object(members) = object {
                insert(members, inner, text);
            }
        }
    }
}

fn first(accepted: &Accepted) -> Option<&str> {
    match accepted {
        Accepted::Any => None,
        Accepted::OneOf(values) => values.first().map(String::as_str),
    }
}

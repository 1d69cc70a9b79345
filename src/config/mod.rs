//! The configuration: read once, from the environment and a `.env` file in the working directory, and
//! checked as a whole, with all mistakes reported together. Nothing else reads the environment.

mod database;
mod env_file;
mod keys;
mod mcp;
mod origin;
mod server;
mod shared_secret;
mod source;
pub(crate) mod variables;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::auth::{
    Accepted, AuthSettings, ClaimPath, JwksCache, KeySource, KeySources, Revocations, SessionRule,
    fingerprint,
};
use crate::db::DbSettings;
use source::EnvReader;
use variables::{
    APP_ENV, JWT_AUDIENCE, JWT_ISSUER, JWT_LEEWAY_SECONDS, JWT_SESSION_CLAIM, JWT_USER_ID_CLAIM,
    LOG_FORMAT, REQUIRE_SESSION, REVOCATION_SECONDS,
};

pub(crate) use env_file::EnvFile;
pub(crate) use keys::jwks_url;
pub(crate) use origin::of_url as origin_of;
pub(crate) use shared_secret::{PLACEHOLDER, PUBLIC_DEFAULT, parse as parse_secret};

pub use database::{migration_settings_from, sharding_from};
pub use keys::{JwksConfig, KeyConfig, SharedSecret};
pub use mcp::McpConfig;
pub use origin::CorsOrigins;
pub use server::{HttpLimits, RateLimitSettings, address_from};
pub use source::{ConfigError, FROM_FILES, Source};
pub(crate) use variables::PGPASSFILE;
pub use variables::{VARIABLES, Variable};

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people: time, level, target, message, then `key=value` pairs.
    #[default]
    Text,
    /// For machines: one JSON object in each line.
    Json,
}

const LOG_FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

/// Whether each of them is production.
const ENVIRONMENTS: [(&str, bool); 2] = [("development", false), ("production", true)];

/// The format before the configuration is read as a whole, which reports a mistake in it.
#[must_use]
pub fn log_format_from(source: &Source) -> LogFormat {
    EnvReader::new(source).choice(&LOG_FORMAT, LOG_FORMATS).unwrap_or_default()
}

/// Everything the server needs to start.
#[derive(Debug)]
pub struct Config {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 picks a free one.
    pub port: u16,
    /// What clients may take from the server.
    pub http: HttpLimits,
    /// How often one user may ask, and one address may fail to authenticate.
    pub rate_limits: RateLimitSettings,
    /// Which database, and how it is used.
    pub database: DbSettings,
    /// Where verification keys come from.
    pub keys: KeyConfig,
    /// Accepted values of `iss`.
    pub issuer: Accepted,
    /// Accepted values of `aud`.
    pub audience: Accepted,
    /// The claim that holds the user id.
    pub user_id_claim: ClaimPath,
    /// The claim that holds the id of the session.
    pub session: SessionRule,
    /// For how many seconds an ended session is remembered.
    pub revocation_seconds: u32,
    /// Tolerated clock difference, in seconds.
    pub leeway_seconds: u32,
    /// Whether `APP_ENV` says production.
    pub production: bool,
    /// The origin of `BETTER_AUTH_URL`.
    pub app_origin: String,
    /// Which browser origins may call.
    pub cors: CorsOrigins,
    /// The endpoint for assistants, if it is served.
    pub mcp: Option<McpConfig>,
    /// Where metrics are served, if at all.
    pub metrics_addr: Option<SocketAddr>,
    /// How log lines are written.
    pub log_format: LogFormat,
}

impl Config {
    /// Reads and checks every variable.
    ///
    /// # Errors
    /// All mistakes together, each with the variable's name; secrets are never shown.
    pub fn from_source(source: &Source) -> Result<Self, ConfigError> {
        let mut reader = EnvReader::new(source);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    /// `None` after some mistakes. What a mistake leaves empty is checked last, when all of them are known.
    fn read(reader: &mut EnvReader<'_>) -> Option<Self> {
        let keys = keys::read(reader);
        let app_origin = origin::of_the_web_app(reader);
        let issuer = accepted(reader, &JWT_ISSUER, &app_origin);
        let audience = accepted(reader, &JWT_AUDIENCE, &app_origin);
        let user_id_claim = reader.parse(&JWT_USER_ID_CLAIM, claim_path);
        let session = session_rule(reader);
        let revocation_seconds = reader.number(&REVOCATION_SECONDS);
        let leeway_seconds = reader.number(&JWT_LEEWAY_SECONDS);
        let database = database::read(reader);
        let address = server::address(reader);
        let http = server::limits(reader);
        let rate_limits = server::rate_limits(reader);
        let production = reader.choice(&APP_ENV, ENVIRONMENTS).unwrap_or(true);
        let cors = origin::allowed(reader, &app_origin, production);
        let port = address.map(|address| address.port());
        let mcp = mcp::read(reader, &app_origin, port, &audience);
        let metrics_addr = server::metrics_address(reader);
        let log_format = reader.choice(&LOG_FORMAT, LOG_FORMATS).unwrap_or_default();
        let address = address?;
        Some(Self {
            host: address.ip(),
            port: address.port(),
            http,
            rate_limits,
            database: database?,
            keys: keys?,
            issuer,
            audience,
            user_id_claim: user_id_claim?,
            session: session?,
            revocation_seconds,
            leeway_seconds,
            production,
            app_origin,
            cors,
            mcp,
            metrics_addr,
            log_format,
        })
    }

    /// Harmless but noteworthy settings, to be logged at start.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let unchecked = [(&JWT_ISSUER, &self.issuer), (&JWT_AUDIENCE, &self.audience)]
            .into_iter()
            .filter(|(_, accepted)| **accepted == Accepted::Any)
            .map(|(it, _)| format!("{}=any: this claim of a token is not checked", it.name));
        let secrets = self.keys.secrets.iter().map(|SharedSecret { label, secret, .. }| {
            format!("{label} has the fingerprint {}", fingerprint(secret))
        });
        let jwks = self.keys.jwks.iter().map(|jwks| format!("keys are fetched from {}", jwks.url));
        let mcp = self.mcp.iter().map(|mcp| format!("assistants are served at {}", mcp.resource));
        unchecked.chain(secrets).chain(jwks).chain(mcp).collect()
    }

    /// The rules for a verifier, with the key set of [`KeyConfig::jwks`] where there is one.
    #[must_use]
    pub fn auth_settings(
        &self,
        jwks: Option<Arc<JwksCache>>,
        revocations: Arc<Revocations>,
    ) -> AuthSettings {
        let secrets = self.keys.secrets.iter().map(|shared| &shared.secret);
        let shared = (!self.keys.secrets.is_empty()).then(|| KeySource::shared_secrets(secrets));
        AuthSettings {
            keys: KeySources::new(shared.into_iter().chain(jwks.map(KeySource::jwks)).collect()),
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            user_id_claim: self.user_id_claim.clone(),
            session: self.session.clone(),
            revocations,
            leeway_seconds: self.leeway_seconds,
        }
    }

    /// The rules for a verifier of the tokens that are for `/mcp` and for nothing else; `None` while it is not served.
    #[must_use]
    pub fn mcp_auth_settings(
        &self,
        jwks: Option<Arc<JwksCache>>,
        revocations: Arc<Revocations>,
    ) -> Option<AuthSettings> {
        let (issuer, audience) = self.mcp.as_ref()?.accepted();
        Some(AuthSettings { issuer, audience, ..self.auth_settings(jwks, revocations) })
    }

    /// With the rules for tokens that are for `/mcp`, in place of those for the rest; unchanged while it is not served.
    #[must_use]
    pub fn for_assistants(mut self) -> Self {
        if let Some(mcp) = &self.mcp {
            (self.issuer, self.audience) = mcp.accepted();
        }
        self
    }
}

fn claim_path(text: &str) -> Result<ClaimPath, &'static str> {
    ClaimPath::parse(text).ok_or("is not a claim name, or names joined by single dots")
}

/// `None` after a mistake.
fn session_rule(reader: &mut EnvReader<'_>) -> Option<SessionRule> {
    let required = reader.switch(&REQUIRE_SESSION);
    let claim = reader.parse(&JWT_SESSION_CLAIM, |text| match text {
        "off" => Ok(None),
        _ => claim_path(text).map(Some),
    })?;
    match claim {
        Some(claim) if required => Some(SessionRule::Required(claim)),
        Some(claim) => Some(SessionRule::Optional(claim)),
        None if required => {
            reader.mistake(&REQUIRE_SESSION, "is on, but JWT_SESSION_CLAIM is off");
            None
        }
        None => Some(SessionRule::Ignored),
    }
}

fn accepted(reader: &EnvReader<'_>, variable: &Variable, app_origin: &str) -> Accepted {
    if !reader.has(variable) {
        return Accepted::one_of([app_origin]);
    }
    let values = reader.list(variable);
    if values == ["any"] { Accepted::Any } else { Accepted::one_of(values) }
}

#[cfg(test)]
mod tests;

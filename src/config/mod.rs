//! The configuration: read once, from the environment and a `.env` file beside the program, checked
//! as a whole, with every mistake reported at once. Nothing else reads the environment.

mod address;
mod database;
mod env_file;
mod http;
mod keys;
mod log_format;
mod origin;
mod rate;
mod shared_secret;
mod source;
mod variables;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::auth::{
    Accepted, AuthSettings, ClaimPath, JwksCache, KeySource, KeySources, fingerprint,
};
use crate::db::{DatabaseUrl, DbSettings};

pub(crate) use shared_secret::PUBLIC_DEFAULT;

pub use address::address_from;
pub use http::HttpLimits;
pub use keys::{JwksConfig, KeyConfig, SharedSecret};
pub use log_format::{LogFormat, log_format_from};
pub use rate::RateLimitSettings;
pub use source::{ConfigError, FROM_FILES, Source};
pub use variables::{VARIABLES, Variable};

/// Which browser origins may call the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    /// All; refused in production.
    Any,
    /// These and no others.
    Exactly(Vec<String>),
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
    /// How often somebody may ask.
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
    /// Tolerated clock difference, in seconds.
    pub leeway_seconds: u32,
    /// Whether `APP_ENV` says production.
    pub production: bool,
    /// The origin of `BETTER_AUTH_URL`.
    pub app_origin: String,
    /// Which browser origins may call.
    pub cors: CorsOrigins,
    /// Where metrics are served, if at all.
    pub metrics_addr: Option<SocketAddr>,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Harmless but noteworthy settings, to be logged at start.
    pub notices: Vec<String>,
}

impl Config {
    /// Reads and checks every variable.
    ///
    /// # Errors
    /// All mistakes together, each with the variable's name; secrets are never shown.
    pub fn from_source(source: &Source) -> Result<Self, ConfigError> {
        let mut reader = source::Reader::new(source);
        let mut notices = Vec::new();

        let keys = keys::read(&mut reader);
        let app_origin = reader.parse("BETTER_AUTH_URL", "http://localhost:3000", |text| {
            origin::of_url(text).ok_or("is not an http or https URL, such as http://localhost:3000")
        });
        let app_origin = app_origin.unwrap_or_default();
        let issuer = accepted(&mut reader, "JWT_ISSUER", &app_origin, &mut notices);
        let audience = accepted(&mut reader, "JWT_AUDIENCE", &app_origin, &mut notices);
        let user_id_claim = reader.parse("JWT_USER_ID_CLAIM", "sub", |text| {
            ClaimPath::parse(text).ok_or("is not a claim name, or names joined by single dots")
        });
        let leeway_seconds = reader.number("JWT_LEEWAY_SECONDS", "30", 0..=300);
        let database = database::read(&mut reader);
        let host = address::host(&mut reader);
        let port = address::port(&mut reader);
        let http = http::read(&mut reader);
        let rate_limits = rate::read(&mut reader);
        let production = reader.parse("APP_ENV", "development", |text| match text {
            "development" => Ok(false),
            "production" => Ok(true),
            _ => Err("is neither development nor production"),
        });
        let cors = cors(&mut reader, &app_origin, production.unwrap_or(true));

        let metrics_addr = if reader.has("METRICS_ADDR") {
            reader.check("METRICS_ADDR", |text| {
                text.parse().ok().ok_or("is not an address with a port, such as 127.0.0.1:9464")
            })
        } else {
            None
        };
        let log_format = log_format::read(&mut reader);

        // Anything missing here has left a mistake behind, so the two cases cannot mix.
        let (Some(keys), Some(user_id_claim), Some(database), Some(host), true) =
            (keys, user_id_claim, database, host, reader.is_clean())
        else {
            return Err(reader.into_error());
        };
        for SharedSecret { label, secret, .. } in &keys.secrets {
            notices.push(format!("{label} has the fingerprint {}", fingerprint(secret)));
        }
        if let Some(JwksConfig { url, .. }) = &keys.jwks {
            notices.push(format!("keys are fetched from {url}"));
        }
        Ok(Self {
            host,
            port,
            http,
            rate_limits,
            database,
            keys,
            issuer,
            audience,
            user_id_claim,
            leeway_seconds,
            production: production.unwrap_or(true),
            app_origin,
            cors,
            metrics_addr,
            log_format,
            notices,
        })
    }
}

impl Config {
    /// The rules for a verifier, with the key set of [`KeyConfig::jwks`] where there is one.
    #[must_use]
    pub fn auth_settings(&self, jwks: Option<Arc<JwksCache>>) -> AuthSettings {
        let secrets = self.keys.secrets.iter().map(|shared| &shared.secret);
        let shared = (!self.keys.secrets.is_empty()).then(|| KeySource::shared_secrets(secrets));
        AuthSettings {
            keys: KeySources::new(shared.into_iter().chain(jwks.map(KeySource::jwks)).collect()),
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            user_id_claim: self.user_id_claim.clone(),
            leeway_seconds: self.leeway_seconds,
        }
    }
}

/// Reads `DATABASE_URL` alone, for commands that need nothing else.
///
/// # Errors
/// As [`Config::from_source`].
pub fn database_url_from(source: &Source) -> Result<DatabaseUrl, ConfigError> {
    let mut reader = source::Reader::of(source, &["DATABASE_URL"]);
    match (database::url(&mut reader), reader.is_clean()) {
        (Some(url), true) => Ok(url),
        _ => Err(reader.into_error()),
    }
}

fn accepted(
    reader: &mut source::Reader<'_>,
    name: &'static str,
    app_origin: &str,
    notices: &mut Vec<String>,
) -> Accepted {
    let values = reader.list(name, app_origin);
    if values == ["any"] {
        notices.push(format!("{name}=any: this claim of a token is not checked"));
        return Accepted::Any;
    }
    Accepted::one_of(values)
}

fn cors(reader: &mut source::Reader<'_>, app_origin: &str, production: bool) -> CorsOrigins {
    const NAME: &str = "CORS_ALLOWED_ORIGINS";
    let mut origins = Vec::new();
    for entry in reader.list(NAME, app_origin) {
        match origin::exact(&entry) {
            Some(origin) => origins.push(origin),
            None if entry == "*" && production => {
                reader.mistake(NAME, "is *, which is refused in production: list exact origins");
            }
            None if entry == "*" => return CorsOrigins::Any,
            None if entry.is_empty() => {}
            None => reader.mistake(
                NAME,
                format!(
                    "has the entry {entry:?}, which is not an origin such as https://app.example"
                ),
            ),
        }
    }
    CorsOrigins::Exactly(origins)
}

#[cfg(test)]
mod tests;

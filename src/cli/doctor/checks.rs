//! The single checks of the doctor. Each gives its findings as rows and changes nothing.

use std::collections::HashSet;

use chrono::DateTime;

use crate::auth::{Accepted, FetchError, FetchJwks, Fetched, HttpJwks, fingerprint};
use crate::base::clock;
use crate::cli::copy;
use crate::cli::output::{Row, Verdict};
use crate::config::{Config, CorsOrigins, SharedSecret};
use crate::db::{Db, DbConnection};

/// Fewer different characters than this in a secret, and it was typed rather than generated.
const FEW_CHARACTERS: usize = 12;

/// A difference between two clocks that is worth a warning, in seconds.
const NOTABLE_SKEW_SECONDS: u64 = 5;

pub(super) fn row(name: &str, result: Verdict, value: impl Into<String>) -> Row {
    Row { name: name.to_owned(), result, value: value.into() }
}

/// Strength and fingerprint of each shared secret.
pub(super) fn secrets(config: &Config) -> Vec<Row> {
    let check = |SharedSecret { label, secret, .. }: &SharedSecret| {
        let different: HashSet<char> = secret.expose().chars().collect();
        let print = fingerprint(secret);
        if different.len() < FEW_CHARACTERS {
            let advice = "few different characters; make one with: openssl rand -base64 32";
            return row(label, Verdict::Warning, format!("fingerprint {print}; {advice}"));
        }
        row(label, Verdict::Ok, format!("fingerprint {print}; the web app prints its own at start"))
    };
    config.keys.secrets.iter().map(check).collect()
}

/// The JWKS endpoint, and the clock of its server.
pub(super) fn key_set(config: &Config) -> Vec<Row> {
    const NAME: &str = "JWKS_URL";
    let Some(jwks) = &config.keys.jwks else { return Vec::new() };
    let fetched = match HttpJwks::new(&jwks.url).fetch() {
        Ok(fetched) => fetched,
        Err(error) => {
            let mend = match &error {
                FetchError::Unreachable(_) => "start the web app, and check host and port",
                FetchError::Status(404) => {
                    "check the path (Better Auth serves /api/auth/jwks, and none with jwks.remoteUrl)"
                }
                FetchError::Status(_) => "look into the web app's log",
                FetchError::Document(_) => "check that the address is a JWK Set",
            };
            return vec![row(NAME, Verdict::Failed, format!("{error}; {mend}"))];
        }
    };
    let Fetched { keys, date } = fetched;
    let ignored = keys.ignored().join("; ");
    let set = match (keys.len(), ignored.is_empty()) {
        (0, true) => row(
            NAME,
            Verdict::Failed,
            "the key set is empty; Better Auth makes its first key when the first token is asked for",
        ),
        (0, false) => row(NAME, Verdict::Failed, format!("no usable key: {ignored}")),
        (usable, true) => row(NAME, Verdict::Ok, format!("{usable} usable key(s)")),
        (usable, false) => row(
            NAME,
            Verdict::Warning,
            format!("{usable} usable key(s), others ignored: {ignored}"),
        ),
    };
    std::iter::once(set).chain(date.and_then(|date| clock_row(config, &date))).collect()
}

fn clock_row(config: &Config, date: &str) -> Option<Row> {
    let theirs = DateTime::parse_from_rfc2822(date).ok()?.timestamp();
    let skew = clock::now_seconds().abs_diff(theirs);
    let value = format!("differs from the JWKS server's by {skew} s");
    Some(if skew > u64::from(config.leeway_seconds) + 1 {
        row("clock", Verdict::Failed, value + ", more than JWT_LEEWAY_SECONDS; set both by NTP")
    } else if skew > NOTABLE_SKEW_SECONDS {
        row("clock", Verdict::Warning, value + "; set both by NTP")
    } else {
        row("clock", Verdict::Ok, value)
    })
}

/// What `iss` and `aud` must be.
pub(super) fn claims(config: &Config) -> Vec<Row> {
    let check = |name: &str, accepted: &Accepted| match accepted {
        Accepted::Any => row(name, Verdict::Warning, "any: this claim is not checked"),
        Accepted::OneOf(values) => row(name, Verdict::Ok, values.join(", ")),
    };
    vec![check("JWT_ISSUER", &config.issuer), check("JWT_AUDIENCE", &config.audience)]
}

/// Whether the database can be reached, and how its schema stands.
pub(super) fn database(config: &Config) -> Row {
    const NAME: &str = "DATABASE_URL";
    let url = &config.database.url;
    match Db::pending_migrations(url) {
        Ok(Some(0)) => row(NAME, Verdict::Ok, format!("{url}, schema up to date")),
        Ok(Some(pending)) => row(
            NAME,
            Verdict::Warning,
            format!(
                "{url}, {pending} migration(s) pending: they run at start or with taskbridge migrate"
            ),
        ),
        Ok(None) => row(NAME, Verdict::Ok, format!("{url} is not there yet and is made at start")),
        Err(error) => row(NAME, Verdict::Failed, format!("cannot use the {url}: {error:#}")),
    }
}

/// A database that `taskbridge copy` has begun to fill.
pub(super) fn unfinished_copy(config: &Config) -> Option<Row> {
    let url = &config.database.url;
    // Looking must not make the file.
    Db::pending_migrations(url).ok().flatten()?;
    let mut connection = DbConnection::open(url).ok()?;
    let unfinished = copy::is_unfinished(&mut connection).ok()?;
    unfinished.then(|| {
        let value = "taskbridge copy into this database was never finished: run it again, with the server stopped";
        row("copy", Verdict::Failed, value)
    })
}

/// Whether the web app's own origin may call.
pub(super) fn cors(config: &Config) -> Row {
    const NAME: &str = "CORS_ALLOWED_ORIGINS";
    let app = &config.app_origin;
    match &config.cors {
        CorsOrigins::Any => row(NAME, Verdict::Warning, "every origin may call"),
        CorsOrigins::Exactly(origins) if origins.contains(app) => {
            row(NAME, Verdict::Ok, origins.join(", "))
        }
        CorsOrigins::Exactly(_) => row(
            NAME,
            Verdict::Failed,
            format!(
                "{app}, the origin of BETTER_AUTH_URL, is missing: its pages cannot call the API"
            ),
        ),
    }
}

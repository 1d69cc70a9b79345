//! The checks of keys, claims, database and CORS. Each returns its findings as rows, and changes nothing.

use chrono::DateTime;

use crate::auth::{
    Accepted, FetchError, FetchJwks, Fetched, HttpJwks, Revocations, SessionRule, fingerprint,
};
use crate::base::clock;
use crate::cli::copy;
use crate::cli::output::{Row, Verdict};
use crate::cli::private_files;
use crate::config::{Config, CorsOrigins, SharedSecret};
use crate::db::{Db, DbConnection};
use crate::sessions::RevocationStore;

/// The difference between two clocks that is worth a warning, in seconds.
const NOTABLE_SKEW_SECONDS: u64 = 5;

pub(super) fn row(name: &str, result: Verdict, value: impl Into<String>) -> Row {
    Row { name: name.to_owned(), result, value: value.into() }
}

/// The fingerprint of each shared secret.
pub(super) fn secrets(config: &Config) -> Vec<Row> {
    let check = |SharedSecret { label, secret, .. }: &SharedSecret| {
        let value =
            format!("fingerprint {}; the web app prints its own at start", fingerprint(secret));
        row(label, Verdict::Ok, value)
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
            let fix = fix_of(&error);
            return vec![row(NAME, Verdict::Failed, format!("{error}; {fix}"))];
        }
    };
    let Fetched { keys, date } = fetched;
    let ignored = keys.ignored().join("; ");
    let set = match (keys.len(), ignored.is_empty()) {
        (0, true) => row(
            NAME,
            Verdict::Failed,
            "the key set is empty; Better Auth creates its first key with the first token",
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

/// What to do when a key set cannot be fetched.
pub(in crate::cli) fn fix_of(error: &FetchError) -> &'static str {
    match error {
        FetchError::Unreachable(_) => "start the web app, and check host and port",
        FetchError::Status(404) => {
            "check the path (Better Auth serves /api/auth/jwks, and none with jwks.remoteUrl)"
        }
        FetchError::Status(_) => "see the web app's log",
        FetchError::Document(_) => "check that the address is a JWK Set",
    }
}

fn clock_row(config: &Config, date: &str) -> Option<Row> {
    let theirs = DateTime::parse_from_rfc2822(date).ok()?.timestamp();
    let skew = clock::now_seconds().abs_diff(theirs);
    let value = format!("differs from the clock of the JWKS server by {skew} s");
    Some(if skew > u64::from(config.leeway_seconds) + 1 {
        row(
            "clock",
            Verdict::Failed,
            value + ", more than JWT_LEEWAY_SECONDS; synchronise both with NTP",
        )
    } else if skew > NOTABLE_SKEW_SECONDS {
        row("clock", Verdict::Warning, value + "; synchronise both with NTP")
    } else {
        row("clock", Verdict::Ok, value)
    })
}

/// The accepted values of `iss` and `aud`.
pub(super) fn claims(config: &Config) -> Vec<Row> {
    let check = |name: &str, accepted: &Accepted| match accepted {
        Accepted::Any => row(name, Verdict::Warning, "any: this claim is not checked"),
        Accepted::OneOf(values) => row(name, Verdict::Ok, values.join(", ")),
    };
    vec![check("JWT_ISSUER", &config.issuer), check("JWT_AUDIENCE", &config.audience)]
}

/// Whether a sign-out ends tokens, and how many sessions and accounts have ended.
pub(super) fn sessions(config: &Config) -> Row {
    let (verdict, what) = match &config.session {
        SessionRule::Ignored => (Verdict::Warning, "off: a sign-out ends no token".to_owned()),
        SessionRule::Optional(claim) => (
            Verdict::Ok,
            format!("{claim}; a token without it is accepted, and no sign-out ends it"),
        ),
        SessionRule::Required(claim) => (Verdict::Ok, format!("{claim}, in every token")),
    };
    let known = Revocations::new(config.revocation_seconds);
    RevocationStore::peek(&config.database, &known);
    let value = format!(
        "{what}; {} ended session(s) and account(s) are remembered, each for {} s",
        known.count(),
        config.revocation_seconds
    );
    row("JWT_SESSION_CLAIM", verdict, value)
}

/// Whether the database can be reached, and whether its schema is up to date.
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
        Ok(None) => row(NAME, Verdict::Ok, format!("{url} does not exist; it is created at start")),
        Err(error) => row(NAME, Verdict::Failed, format!("cannot use the {url}: {error:#}")),
    }
}

/// A failure if `taskbridge copy` into this database has begun and not finished.
pub(super) fn unfinished_copy(config: &Config) -> Option<Row> {
    let url = &config.database.url;
    // `open` would create a missing SQLite file.
    Db::pending_migrations(url).ok().flatten()?;
    let mut connection = DbConnection::open(url).ok()?;
    let unfinished = copy::is_unfinished(&mut connection).ok()?;
    unfinished.then(|| {
        let value = "taskbridge copy into this database was not finished: run it again, with the server stopped";
        row("copy", Verdict::Failed, value)
    })
}

/// A warning for each file that other users of the machine may open.
pub(super) fn files(config: &Config) -> Vec<Row> {
    let exposed = private_files::exposed(config);
    if exposed.is_empty() {
        return vec![row(
            "files",
            Verdict::Ok,
            "none with secrets or tasks is open to other users",
        )];
    }
    exposed.into_iter().map(|sentence| row("files", Verdict::Warning, sentence)).collect()
}

/// Whether pages of the web app's origin may call the API.
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

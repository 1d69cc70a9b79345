//! The table of settings: every environment variable the program reads, with its default, its range and
//! its meaning. The parser, `--help` and `doctor` read it; tests compare `.env.example` and the documents
//! with it.

use std::ops::RangeInclusive;

/// One environment variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The value when it is not set. In parentheses where it is described rather than given.
    pub default: &'static str,
    /// For a whole number: the allowed values.
    pub range: Option<RangeInclusive<u32>>,
    /// What it does, in one sentence.
    pub help: &'static str,
}

impl Variable {
    /// The default as a value; empty where it is only described.
    pub(super) fn default_value(&self) -> &'static str {
        if self.default.starts_with('(') { "" } else { self.default }
    }
}

macro_rules! variables {
    ($($name:ident = $default:literal $(in $range:expr)?, $help:literal;)+) => {
        $(
            #[doc = $help]
            pub(crate) const $name: Variable = Variable {
                name: stringify!($name),
                default: $default,
                range: variables!(@range $($range)?),
                help: $help,
            };
        )+

        /// All of them, in the order of the documents.
        pub const VARIABLES: &[Variable] = &[$($name),+];
    };
    (@range) => { None };
    (@range $range:expr) => { Some($range) };
}

variables! {
    BETTER_AUTH_SECRET = "(required without JWKS_URL)",
        "The secret shared with Better Auth, at least 32 bytes and 10 different characters, used as it is.";
    BETTER_AUTH_SECRETS = "(none)",
        "While a secret is replaced: version:secret entries separated by commas, the new one first.";
    JWKS_URL = "(none)",
        "Where Better Auth publishes its keys (…/api/auth/jwks), for a front end with the stock jwt().";
    JWKS_REFRESH_SECONDS = "600" in 1..=86_400,
        "Seconds between two fetches of the keys.";
    JWKS_COOLDOWN_SECONDS = "10" in 1..=3600,
        "The shortest time between two fetches in seconds, also for an unknown key; shorter until the first success.";
    JWKS_MAX_STALE_SECONDS = "86400" in 1..=31_536_000,
        "Seconds for which the last good keys are used while they cannot be fetched.";
    BETTER_AUTH_URL = "http://localhost:3000",
        "Where the Better Auth front end runs; its origin is the default issuer and audience.";
    JWT_ISSUER = "(origin of BETTER_AUTH_URL)",
        "Accepted values of iss, separated by commas; the word any switches the check off.";
    JWT_AUDIENCE = "(origin of BETTER_AUTH_URL)",
        "Accepted values of aud, separated by commas; the word any switches the check off.";
    JWT_USER_ID_CLAIM = "sub",
        "The claim that holds the user id; a dotted path such as user.id is allowed.";
    JWT_SESSION_CLAIM = "sid",
        "The claim that holds the id of the session, by which a sign-out ends the token; off to read none.";
    REQUIRE_SESSION = "off",
        "on: a token without that claim is refused.";
    REVOCATION_SECONDS = "86400" in 60..=2_592_000,
        "Seconds for which an ended session is remembered; no token may live longer.";
    JWT_LEEWAY_SECONDS = "30" in 0..=300,
        "Tolerated clock difference in seconds.";
    MCP = "off",
        "on serves assistants at /mcp (Model Context Protocol), with tokens that are good for nothing else.";
    MCP_RESOURCE = "(http://localhost:PORT/mcp)",
        "The public address of /mcp, which is the audience of its tokens.";
    MCP_AUTHORIZATION_SERVER = "(origin of BETTER_AUTH_URL)",
        "The issuer of the tokens for /mcp, where assistants ask for them.";
    DATABASE_URL = "sqlite://tasks.db",
        "sqlite://relative.db, sqlite:///absolute.db or postgres://user:password@host/database.";
    PGPASSFILE = "(none)",
        "A password file in libpq's format, for a DATABASE_URL of PostgreSQL without a password.";
    DATABASE_MAX_CONNECTIONS = "10" in 1..=1000,
        "The largest number of open database connections.";
    MAX_TASKS_PER_USER = "10000" in 1..=1_000_000,
        "The largest number of tasks of one user; a request for one more is answered 409.";
    TRASH_DAYS = "30" in 0..=3650,
        "Days for which a deleted task can be restored; 0 forgets its content at once.";
    DATABASE_ACQUIRE_TIMEOUT_SECONDS = "3" in 1..=60,
        "Seconds a request waits for a free connection before it is answered 503.";
    DATABASE_STATEMENT_TIMEOUT_SECONDS = "5" in 1..=600,
        "Seconds a statement may take, waiting for locks included, before it is answered 503.";
    DATABASE_PREPARED_STATEMENTS = "on",
        "off for PgBouncer in transaction mode: no statement is prepared by name, each request is a transaction.";
    DATABASE_RLS = "off",
        "on: PostgreSQL's row-level security keeps users apart too, in addition to every WHERE clause.";
    HOST = "127.0.0.1",
        "The address to listen on; 0.0.0.0 for all.";
    PORT = "8000" in 0..=65_535,
        "The port to listen on; 0 picks a free one.";
    MAX_CONNECTIONS = "10000" in 1..=1_000_000,
        "The largest number of open client connections; more wait. One address may hold a tenth of them.";
    MAX_EVENT_STREAMS = "2000" in 1..=1_000_000,
        "The largest number of open event streams on this instance; one more is answered 429.";
    REQUEST_TIMEOUT_SECONDS = "10" in 1..=300,
        "Seconds a client may take for its header, and then for its body.";
    RESPONSE_TIMEOUT_SECONDS = "30" in 1..=60,
        "Seconds a client may take for each 16 KiB of a response.";
    RATE_LIMIT_PER_MINUTE = "600" in 0..=u32::MAX,
        "Requests that one user may make in a minute; 0 for any number.";
    AUTH_FAILURES_PER_MINUTE = "60" in 0..=u32::MAX,
        "Requests without a valid token that one address may make in a minute; 0 for any number.";
    TRUSTED_PROXIES = "(none)",
        "Addresses or networks, separated by commas, that are believed about a client's address.";
    CLIENT_ADDRESS_HEADER = "X-Forwarded-For",
        "The one header that these proxies write, X-Forwarded-For or Forwarded; the other is ignored.";
    KEEP_ALIVE_SECONDS = "75" in 1..=3600,
        "Seconds for which an idle connection stays open.";
    SHUTDOWN_DELAY_SECONDS = "0" in 0..=300,
        "Seconds between SIGTERM, when /health/ready turns to 503, and the end of new connections.";
    SHUTDOWN_TIMEOUT_SECONDS = "30" in 1..=600,
        "Seconds that requests in flight get to finish after that.";
    CORS_ALLOWED_ORIGINS = "(origin of BETTER_AUTH_URL)",
        "Browser origins that may call the API, separated by commas; * allows all outside production.";
    APP_ENV = "development",
        "development or production; production refuses CORS_ALLOWED_ORIGINS=*.";
    METRICS_ADDR = "(none)",
        "Where GET /metrics is served for Prometheus, such as 127.0.0.1:9464.";
    LOG_FORMAT = "text",
        "text for people, or json for one object in each line.";
    RUST_LOG = "info",
        "What to log, in env_logger's syntax.";
}

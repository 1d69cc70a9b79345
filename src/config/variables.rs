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
        "The secret shared with Better Auth: at least 32 bytes and 10 different characters, used as it is (base64 or hex is not decoded).";
    BETTER_AUTH_SECRETS = "(none)",
        "Several secrets while one replaces another, separated by commas, the new one first: `2:new,1:old`.";
    JWKS_URL = "(none)",
        "The key set of a front end with the stock `jwt()` plugin, such as `https://app.example/api/auth/jwks`; plain `http` only to a private host.";
    JWKS_REFRESH_SECONDS = "600" in 1..=86_400,
        "Seconds between two fetches of the key set.";
    JWKS_COOLDOWN_SECONDS = "10" in 1..=3600,
        "The shortest time between two fetches in seconds, also when a token names an unknown key; shorter until the first success.";
    JWKS_MAX_STALE_SECONDS = "86400" in 1..=31_536_000,
        "Seconds for which the last key set is used while no fetch succeeds.";
    BETTER_AUTH_URL = "http://localhost:3000",
        "The address of the front end, as its users see it; its origin is the default issuer and audience.";
    JWT_ISSUER = "(origin of BETTER_AUTH_URL)",
        "Accepted values of `iss`, separated by commas; `any` switches the check off.";
    JWT_AUDIENCE = "(origin of BETTER_AUTH_URL)",
        "Accepted values of `aud`, separated by commas; `any` switches the check off.";
    JWT_USER_ID_CLAIM = "sub",
        "The claim that holds the user id; may be a path such as `user.id`.";
    JWT_SESSION_CLAIM = "sid",
        "The claim that holds the id of the session, by which a sign-out ends the token; may be a path; `off` reads none.";
    REQUIRE_SESSION = "off",
        "`on`: a token without that claim is refused.";
    REVOCATION_SECONDS = "86400" in 60..=2_592_000,
        "Seconds for which an ended session and an erased account are remembered: longer than any token lives, the time included for which Better Auth's cookie cache may still issue one.";
    JWT_LEEWAY_SECONDS = "30" in 0..=300,
        "Tolerated difference between clocks, in seconds.";
    MCP = "off",
        "`on`: assistants may read and change tasks at `/mcp` (Model Context Protocol), each with the consent of its user.";
    MCP_RESOURCE = "(http://localhost:PORT/mcp)",
        "The public address of `/mcp`, with that path; the audience of its tokens, the same on both sides; `https` except on this machine.";
    MCP_AUTHORIZATION_SERVER = "(origin of BETTER_AUTH_URL)",
        "The issuer of the tokens for `/mcp`, where assistants are sent for them.";
    DATABASE_URL = "sqlite://tasks.db",
        "`sqlite://relative.db`, `sqlite:///absolute.db` or `postgres://user:password@host/database`.";
    PGPASSFILE = "(none)",
        "A password file in libpq's format, for a `DATABASE_URL` of PostgreSQL without a password.";
    DATABASE_MAX_CONNECTIONS = "10" in 1..=1000,
        "Open connections to PostgreSQL, or the number of SQLite's readers.";
    MAX_TASKS_PER_USER = "10000" in 1..=1_000_000,
        "Tasks that one user may have; a request for one more is answered 409 `task_limit_reached`.";
    TRASH_DAYS = "30" in 0..=3650,
        "Days for which a deleted task can be restored; with 0 its content is forgotten at once.";
    DATABASE_ACQUIRE_TIMEOUT_SECONDS = "3" in 1..=60,
        "Seconds that a request waits for a connection, and a slow read for its place, before the answer is 503 (429 where the user's own reads took it).";
    DATABASE_STATEMENT_TIMEOUT_SECONDS = "5" in 1..=600,
        "Seconds that a statement may take, waiting for locks included, before the answer is 503.";
    DATABASE_PREPARED_STATEMENTS = "on",
        "`off` for PgBouncer in transaction mode: no statement is prepared by name, each request is a transaction.";
    DATABASE_RLS = "off",
        "`on`: PostgreSQL's row-level security separates users as well, in addition to every `WHERE`.";
    DATABASE_SHARDING = "auto",
        "`auto`: where PostgreSQL has the extension Citus, tables are distributed by user, at start and by `taskbridge migrate`; `off`: never.";
    HOST = "127.0.0.1",
        "The IP address to listen on; `0.0.0.0` for all.";
    PORT = "8000" in 0..=65_535,
        "The port to listen on; 0 takes a free one.";
    MAX_CONNECTIONS = "10000" in 1..=1_000_000,
        "Open client connections; more wait. One address that is not a trusted proxy may hold a tenth of them.";
    MAX_EVENT_STREAMS = "2000" in 1..=1_000_000,
        "Open event streams on this instance; one more is answered 429.";
    REQUEST_TIMEOUT_SECONDS = "10" in 1..=300,
        "Seconds that a client may take to send its header, and then its body.";
    RESPONSE_TIMEOUT_SECONDS = "30" in 1..=60,
        "Seconds that a client may take for each 16 KiB of a response before it is disconnected.";
    RATE_LIMIT_PER_MINUTE = "600" in 0..=u32::MAX,
        "Requests per user and minute; above it the answer is 429; 0 for no limit.";
    AUTH_FAILURES_PER_MINUTE = "60" in 0..=u32::MAX,
        "Requests without a valid token per client address and minute; above it the answer is 429; 0 for no limit.";
    TRUSTED_PROXIES = "(none)",
        "Addresses or networks of proxies, separated by commas; only they are believed about a client's address and may hold any number of connections.";
    CLIENT_ADDRESS_HEADER = "X-Forwarded-For",
        "The one header that these proxies write, `X-Forwarded-For` or `Forwarded` (RFC 7239); the other one is ignored.";
    KEEP_ALIVE_SECONDS = "75" in 1..=3600,
        "Seconds for which an idle connection stays open.";
    SHUTDOWN_DELAY_SECONDS = "0" in 0..=300,
        "Seconds after SIGTERM in which `/health/ready` is 503 and requests are still served.";
    SHUTDOWN_TIMEOUT_SECONDS = "30" in 1..=600,
        "Seconds after that in which running requests may finish.";
    CORS_ALLOWED_ORIGINS = "(origin of BETTER_AUTH_URL)",
        "Browser origins that may call the API, separated by commas; `*` for all, which production refuses.";
    APP_ENV = "development",
        "`development` or `production`; production refuses CORS `*` and `taskbridge token mint`.";
    METRICS_ADDR = "(none)",
        "Address and port of `GET /metrics` for Prometheus, such as `127.0.0.1:9464`; it asks for no token.";
    LOG_FORMAT = "text",
        "`text` for people, or `json` with one object per line.";
    RUST_LOG = "info",
        "Log level, or a filter in env_logger's syntax; `debug` shows why a request was refused.";
}

//! Every environment variable the program reads, with its default and meaning. `--help` prints this
//! table, and tests hold `.env.example` and the README against it.

/// One environment variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What counts when it is not set, in words where it is no literal.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub help: &'static str,
}

const fn variable(name: &'static str, default: &'static str, help: &'static str) -> Variable {
    Variable { name, default, help }
}

/// All of them, in the order a reader meets them.
pub const VARIABLES: &[Variable] = &[
    variable(
        "BETTER_AUTH_SECRET",
        "(required without JWKS_URL)",
        "The secret shared with Better Auth, at least 32 bytes, used as it is.",
    ),
    variable(
        "BETTER_AUTH_SECRETS",
        "(none)",
        "While a secret is replaced: version:secret entries separated by commas, the new one first.",
    ),
    variable(
        "JWKS_URL",
        "(none)",
        "Where Better Auth publishes its keys (…/api/auth/jwks), for a front end with the stock jwt().",
    ),
    variable("JWKS_REFRESH_SECONDS", "600", "Seconds between two fetches of the keys."),
    variable(
        "JWKS_COOLDOWN_SECONDS",
        "10",
        "Seconds between two fetches at the least, whatever happens.",
    ),
    variable(
        "JWKS_MAX_STALE_SECONDS",
        "86400",
        "Seconds for which the last good keys serve while they cannot be fetched.",
    ),
    variable(
        "BETTER_AUTH_URL",
        "http://localhost:3000",
        "Where the Better Auth front end runs; its origin is the default issuer and audience.",
    ),
    variable(
        "JWT_ISSUER",
        "(origin of BETTER_AUTH_URL)",
        "Accepted values of iss, separated by commas; the word any switches the check off.",
    ),
    variable(
        "JWT_AUDIENCE",
        "(origin of BETTER_AUTH_URL)",
        "Accepted values of aud, separated by commas; the word any switches the check off.",
    ),
    variable(
        "JWT_USER_ID_CLAIM",
        "sub",
        "The claim that holds the user id; a dotted path such as user.id is allowed.",
    ),
    variable("JWT_LEEWAY_SECONDS", "30", "Tolerated clock difference in seconds, 0 to 300."),
    variable(
        "DATABASE_URL",
        "sqlite://tasks.db",
        "sqlite://relative.db, sqlite:///absolute.db or postgres://user:password@host/database.",
    ),
    variable(
        "DATABASE_MAX_CONNECTIONS",
        "10",
        "The largest number of open database connections, 1 to 1000.",
    ),
    variable(
        "MAX_TASKS_PER_USER",
        "10000",
        "Tasks that one user may have, 1 to 1000000; above it 409.",
    ),
    variable(
        "DATABASE_ACQUIRE_TIMEOUT_SECONDS",
        "3",
        "Seconds a request waits for a free connection before it is answered 503.",
    ),
    variable(
        "DATABASE_STATEMENT_TIMEOUT_SECONDS",
        "5",
        "Seconds a statement may take, waiting for locks included, before it is answered 503.",
    ),
    variable(
        "DATABASE_PREPARED_STATEMENTS",
        "on",
        "off behind PgBouncer in transaction mode: nothing is prepared by name, each request is a transaction.",
    ),
    variable(
        "DATABASE_RLS",
        "off",
        "on: PostgreSQL's row-level security keeps users apart as well, behind every WHERE clause.",
    ),
    variable("HOST", "127.0.0.1", "The address to listen on; 0.0.0.0 for all."),
    variable("PORT", "8000", "The port to listen on; 0 picks a free one."),
    variable("MAX_CONNECTIONS", "10000", "The largest number of open client connections."),
    variable(
        "REQUEST_TIMEOUT_SECONDS",
        "10",
        "Seconds a client may take for its header, and then for its body.",
    ),
    variable(
        "RATE_LIMIT_PER_MINUTE",
        "600",
        "Requests that one user may make in a minute; 0 for any number.",
    ),
    variable(
        "AUTH_FAILURES_PER_MINUTE",
        "60",
        "Requests without a valid token that one address may make in a minute; 0 for any number.",
    ),
    variable(
        "TRUSTED_PROXIES",
        "(none)",
        "Addresses or networks whose Forwarded and X-Forwarded-For are believed, with commas.",
    ),
    variable("KEEP_ALIVE_SECONDS", "75", "Seconds for which an idle connection stays open."),
    variable(
        "SHUTDOWN_DELAY_SECONDS",
        "0",
        "Seconds between SIGTERM, when /health/ready turns to 503, and the end of new connections.",
    ),
    variable(
        "SHUTDOWN_TIMEOUT_SECONDS",
        "30",
        "Seconds that requests in flight get to finish after that.",
    ),
    variable(
        "CORS_ALLOWED_ORIGINS",
        "(origin of BETTER_AUTH_URL)",
        "Browser origins that may call the API, separated by commas; * allows all outside production.",
    ),
    variable("APP_ENV", "development", "development or production; production refuses CORS *."),
    variable(
        "METRICS_ADDR",
        "(none)",
        "Where GET /metrics is served for Prometheus, such as 127.0.0.1:9464.",
    ),
    variable("LOG_FORMAT", "text", "text for people, or json for one object in each line."),
    variable("RUST_LOG", "info", "What to log, in env_logger's syntax."),
];

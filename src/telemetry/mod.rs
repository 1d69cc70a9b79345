//! What operators see of the requests: one access line each, the cause of every failure, security
//! events, and metrics. Nothing here names a user, a task or a token.

mod endpoint;
mod metrics;
mod watched_body;

use std::net::IpAddr;
use std::time::Duration;

use actix_web::Error;
use actix_web::http::StatusCode;

use crate::base::problem::ProblemCode;

pub(crate) use endpoint::metrics;
pub(crate) use metrics::Metrics;
pub(crate) use watched_body::watch;

/// The routes that only programs ask for, again and again.
const PROBES: [&str; 2] = ["/health", "/health/ready"];

/// The target of access lines.
const ACCESS: &str = "taskbridge::access";

/// One request and its answer.
pub(crate) struct Exchange<'a> {
    /// As the client sent it.
    pub(crate) method: &'a str,
    /// The pattern of the route; none for unknown paths.
    pub(crate) route: Option<&'a str>,
    /// The answer's status.
    pub(crate) status: StatusCode,
    /// The code of the problem, if the answer is one.
    pub(crate) code: Option<ProblemCode>,
    /// What went wrong, for the log only.
    pub(crate) cause: Option<&'a Error>,
    /// Whether a token was verified.
    pub(crate) authenticated: bool,
    /// Where the request came from, as far as trusted proxies say.
    pub(crate) client: Option<IpAddr>,
    /// From the header of the request to the header of the answer.
    pub(crate) duration: Duration,
    /// The id in the answer's header.
    pub(crate) request_id: &'a str,
}

/// Whether the access line of a request goes anywhere.
pub(crate) fn writes_access_lines() -> bool {
    log::log_enabled!(target: ACCESS, log::Level::Info)
}

/// Writes the lines and counts.
pub(crate) fn record(exchange: &Exchange<'_>, metrics: Option<&Metrics>) {
    log_cause(exchange);
    log_security_event(exchange);
    log::log!(
        target: ACCESS,
        access_level(exchange),
        method = exchange.method,
        route = exchange.route.unwrap_or("-"),
        status = exchange.status.as_u16(),
        duration_ms = round(exchange.duration.as_secs_f64() * 1000.0),
        request_id = exchange.request_id;
        "request"
    );
    if let Some(metrics) = metrics {
        let status = exchange.status.as_u16();
        let seconds = exchange.duration.as_secs_f64();
        metrics.answered(exchange.method, exchange.route, status, seconds);
        match (exchange.authenticated, exchange.code) {
            (true, _) => metrics.verified("ok"),
            (false, Some(code)) if concerns_token(code) => metrics.verified(code.as_str()),
            (false, _) => {}
        }
    }
}

/// Probes ask every few seconds, and say nothing as long as all is well.
fn access_level(exchange: &Exchange<'_>) -> log::Level {
    let probe = exchange.route.is_some_and(|route| PROBES.contains(&route));
    if probe && exchange.status.is_success() { log::Level::Debug } else { log::Level::Info }
}

/// Two decimals are what a reader can use.
fn round(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}

fn concerns_token(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::MissingToken
            | ProblemCode::InvalidToken
            | ProblemCode::TokenExpired
            | ProblemCode::InvalidRequest
            | ProblemCode::KeysUnavailable
    )
}

fn log_cause(exchange: &Exchange<'_>) {
    let Some(cause) = exchange.cause else {
        return;
    };
    let level = if exchange.status == StatusCode::SERVICE_UNAVAILABLE {
        log::Level::Warn
    } else if exchange.status.is_server_error() {
        log::Level::Error
    } else {
        log::Level::Debug
    };
    log::log!(
        level,
        status = exchange.status.as_u16(),
        cause:% = cause,
        request_id = exchange.request_id;
        "refused"
    );
}

/// What somebody who watches over the service wants to count, by address.
fn log_security_event(exchange: &Exchange<'_>) {
    let event = match exchange.code {
        Some(ProblemCode::Forbidden) => "access_denied",
        Some(ProblemCode::RateLimited) => "rate_limited",
        Some(code) if exchange.status == StatusCode::UNAUTHORIZED && concerns_token(code) => {
            "authentication_failed"
        }
        _ => return,
    };
    log::warn!(
        target: "taskbridge::security",
        event,
        code = exchange.code.map_or("-", ProblemCode::as_str),
        client = exchange.client.map_or_else(|| "-".to_owned(), |address| address.to_string()),
        request_id = exchange.request_id;
        "security"
    );
}

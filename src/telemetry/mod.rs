//! What operators see of the requests: an access line for each, the cause of every failure, security events, and
//! metrics. Nothing here identifies a user, a task or a token.

mod metrics;
mod stream;

use std::net::IpAddr;
use std::time::Duration;

use actix_web::Error;
use actix_web::http::StatusCode;

use crate::auth::AuthError;
use crate::base::problem::ProblemCode;

pub(crate) use metrics::{Metrics, metrics};
pub(crate) use stream::log_broken_stream;

/// The routes that monitoring requests every few seconds.
const PROBES: [&str; 2] = ["/health", "/health/ready"];

/// The log target of access lines.
const ACCESS: &str = "taskbridge::access";

/// One request and its response.
pub(crate) struct Exchange<'a> {
    /// The method as the client sent it.
    pub(crate) method: &'a str,
    /// The pattern of the route; `None` for unknown paths.
    pub(crate) route: Option<&'a str>,
    /// The status of the response.
    pub(crate) status: StatusCode,
    /// The code of the problem, if the response is one.
    pub(crate) code: Option<ProblemCode>,
    /// The error that caused the response, for the log only.
    pub(crate) cause: Option<&'a Error>,
    /// Whether the request has a verified token.
    pub(crate) authenticated: bool,
    /// The client's address, as far as trusted proxies report it.
    pub(crate) client: Option<IpAddr>,
    /// The time from the request's header to the response's header.
    pub(crate) duration: Duration,
    /// The value of `X-Request-Id` in the response.
    pub(crate) request_id: &'a str,
}

/// Whether access lines are enabled in the log.
pub(crate) fn writes_access_lines() -> bool {
    log::log_enabled!(target: ACCESS, log::Level::Info)
}

/// Writes the log lines of a request and counts it in the metrics.
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
        metrics.count_request(exchange.method, exchange.route, status, seconds);
        match (exchange.authenticated, exchange.code) {
            (true, _) => metrics.count_token("ok"),
            (false, Some(code)) if concerns_token(code) => metrics.count_token(code.as_str()),
            (false, _) => {}
        }
    }
}

/// Successful probes are logged at `debug` only, because there is one every few seconds.
fn access_level(exchange: &Exchange<'_>) -> log::Level {
    let probe = exchange.route.is_some_and(|route| PROBES.contains(&route));
    if probe && exchange.status.is_success() { log::Level::Debug } else { log::Level::Info }
}

/// Rounds to two decimals.
fn round(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}

/// Whether it is an answer to what was sent as a token, or to its absence.
pub(crate) fn concerns_token(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::MissingToken
            | ProblemCode::InvalidToken
            | ProblemCode::TokenExpired
            | ProblemCode::SessionRevoked
            | ProblemCode::AccountErased
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

/// Logs the refusals that intrusion detection counts by client address.
fn log_security_event(exchange: &Exchange<'_>) {
    let event = match exchange.code {
        Some(ProblemCode::Forbidden | ProblemCode::InsufficientScope) => "access_denied",
        Some(ProblemCode::RateLimited) => "rate_limited",
        _ if exchange
            .cause
            .and_then(|cause| cause.as_error::<AuthError>())
            .is_some_and(AuthError::is_suspicious) =>
        {
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

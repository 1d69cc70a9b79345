//! Middleware around every request: gives it an id, and reports it to the access log and the metrics when its
//! response is ready. Problem bodies get the id here too, because the code that makes them does not know it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use crate::auth::{AuthError, AuthenticatedUser, Check, TokenError};
use crate::base::problem::{self, ProblemCode};
use crate::server::context::ServerContext;
use crate::server::watch;
use crate::telemetry::{self, Exchange};

/// The header with the id, in requests and responses.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is accepted from a client, in characters.
const MAX_ID_CHARS: usize = 128;

/// The checks that tokens have failed, each of which is named in the log once, in development. Nothing of a token is.
#[derive(Debug, Default)]
pub(super) struct FailedChecks(Mutex<Vec<Check>>);

impl FailedChecks {
    fn note(&self, error: &TokenError) {
        let check = error.failed_check();
        // A token that has had its time, and a key that is being fetched, are no mistake.
        if [Check::Expiry, Check::Revocation, Check::Key].contains(&check) {
            return;
        }
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !named.contains(&check) {
            named.push(check);
            log::warn!(
                "a token was refused by the check {:?}: taskbridge token inspect says why, and how to fix it",
                check.name()
            );
        }
    }
}

/// See the module's documentation.
pub(crate) async fn request_log<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    let response = next.call(request).await?.map_into_boxed_body();
    let (mut response, code) = problem::complete(response, &id);
    report(&response, &method, code, started.elapsed(), &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    Ok(response.map_body(|_, body| telemetry::log_broken_stream(body, id)))
}

/// The client's own id if it has 1 to 128 characters of `[A-Za-z0-9._-]`, or a random one. Other characters
/// could forge log lines.
fn request_id(request: &ServiceRequest) -> String {
    let is_safe = |text: &&str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=MAX_ID_CHARS).contains(&text.len()) && text.bytes().all(is_allowed)
    };
    let sent = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
    match sent.filter(is_safe) {
        Some(id) => id.to_owned(),
        None => uuid::Uuid::new_v4().simple().to_string(),
    }
}

/// Hands the request and its response to [`telemetry`].
fn report(
    response: &ServiceResponse<BoxBody>,
    method: &Method,
    code: Option<ProblemCode>,
    duration: Duration,
    request_id: &str,
) {
    let request = response.request();
    let context = ServerContext::of(request);
    let metrics = context.and_then(|context| context.metrics.as_ref()).map(|it| it.get_ref());
    // Matching the path again takes time, so only if the route is needed.
    let needs_route = metrics.is_some() || telemetry::writes_access_lines();
    let route = if needs_route { request.match_pattern() } else { None };
    let exchange = Exchange {
        method: method.as_str(),
        route: route.as_deref(),
        status: response.status(),
        code,
        cause: response.response().error(),
        authenticated: request.extensions().contains::<AuthenticatedUser>(),
        client: context.and_then(|context| context.rate_limits.client_of(request)),
        duration,
        request_id,
    };
    telemetry::record(&exchange, metrics);
    if let Some(checks) = context.and_then(|context| context.failed_checks.as_ref())
        && let Some(AuthError::Token(error)) = exchange.cause.and_then(Error::as_error)
    {
        checks.note(error);
    }
    if let Some(watcher) = context.and_then(|context| context.watch.as_ref()) {
        watch::note(watcher, response, code);
    }
}

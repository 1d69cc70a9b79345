//! Middleware: gives every request an id, finishes problem bodies with it, and hands what happened to
//! [`crate::telemetry`].

use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use crate::auth::AuthenticatedUser;
use crate::base::problem::{self, ProblemCode};
use crate::server::rate_limit::RateLimits;
use crate::telemetry::{self, Exchange, Metrics};

/// Carries the id in both directions.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_CHARS: usize = 128;

/// See the module's documentation.
pub(crate) async fn request_id<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = accept_or_mint(&request);
    let method = request.method().clone();
    let response = next.call(request).await?.map_into_boxed_body();
    let (mut response, code) = problem::complete(response, &id);
    record(&response, &method, code, started.elapsed(), &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    Ok(response.map_body(|_, body| telemetry::watch(body, id)))
}

fn record(
    response: &ServiceResponse<BoxBody>,
    method: &Method,
    code: Option<ProblemCode>,
    duration: Duration,
    request_id: &str,
) {
    let request = response.request();
    let proxies = request.app_data::<web::Data<RateLimits>>();
    let metrics = request.app_data::<web::Data<Metrics>>();
    // The library matches the path once more for it.
    let wanted = metrics.is_some() || telemetry::writes_access_lines();
    let route = if wanted { request.match_pattern() } else { None };
    let exchange = Exchange {
        method: method.as_str(),
        route: route.as_deref(),
        status: response.status(),
        code,
        cause: response.response().error(),
        authenticated: request.extensions().contains::<AuthenticatedUser>(),
        client: proxies.and_then(|limits| limits.client_of(request)),
        duration,
        request_id,
    };
    telemetry::record(&exchange, metrics.map(|metrics| metrics.get_ref()));
}

/// A caller's own id is taken over when it is 1 to 128 characters of `[A-Za-z0-9._-]`; anything else
/// could forge log lines.
fn accept_or_mint(request: &ServiceRequest) -> String {
    let acceptable = |text: &&str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=MAX_CHARS).contains(&text.len()) && text.bytes().all(allowed)
    };
    let sent = request.headers().get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
    match sent.filter(acceptable) {
        Some(id) => id.to_owned(),
        None => uuid::Uuid::new_v4().simple().to_string(),
    }
}

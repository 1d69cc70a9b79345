//! The outermost middleware: gives every request an id, finishes problem bodies with it, and writes
//! the one access line per request and the cause of every failure to the log.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;

use crate::problem;

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
    let mut response = problem::complete(response, &id);
    log_cause(&response, &id);
    log::info!(
        target: "taskbridge::access",
        "method={method} route={} status={} duration_ms={:.2} request_id={id}",
        response.request().match_pattern().as_deref().unwrap_or("-"),
        response.status().as_u16(),
        started.elapsed().as_secs_f64() * 1000.0,
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    Ok(response)
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

fn log_cause(response: &ServiceResponse<BoxBody>, id: &str) {
    let Some(cause) = response.response().error() else {
        return;
    };
    let status = response.status();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        log::warn!("status={} cause=\"{cause}\" request_id={id}", status.as_u16());
    } else if status.is_server_error() {
        log::error!("status={} cause=\"{cause}\" request_id={id}", status.as_u16());
    } else {
        log::debug!("status={} cause=\"{cause}\" request_id={id}", status.as_u16());
    }
}

//! `Accept` (RFC 9110, section 12.5.1): this service speaks JSON and nothing else.

use actix_web::Error;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, Accept, Header};
use actix_web::middleware::Next;

use crate::http::error::ApiError;

/// Middleware: answers 406 to a client that accepts no JSON. It runs after authentication, so an
/// unauthenticated client learns nothing from it.
pub(crate) async fn json_only<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    if accepts_json(&request) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let (request, _) = request.into_parts();
    Ok(ServiceResponse::from_err(ApiError::NotAcceptable, request).map_into_right_body())
}

/// The most specific matching range decides. A field that cannot be read counts as absent.
fn accepts_json(request: &ServiceRequest) -> bool {
    let ranges = Accept::parse(request).map(|Accept(ranges)| ranges).unwrap_or_default();
    if ranges.is_empty() {
        return true;
    }
    let specificity = |range: &str| match range {
        "application/json" => 3,
        "application/*" => 2,
        "*/*" => 1,
        _ => 0,
    };
    ranges
        .iter()
        .map(|range| (specificity(range.item.essence_str()), range.quality))
        .filter(|(specificity, _)| *specificity > 0)
        .max_by_key(|(specificity, _)| *specificity)
        .is_some_and(|(_, quality)| quality > header::Quality::MIN)
}

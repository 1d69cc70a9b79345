//! The challenge of a refusal says where the metadata is (RFC 9728, section 5.1), so that a client that knows the
//! endpoint's address alone can find out whom to ask for a token, and for which scopes.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::metadata::Metadata;

/// Middleware outside the token check: completes the challenge that it makes.
pub(crate) async fn challenge<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let metadata = request.app_data::<Data<Metadata>>().cloned();
    let mut response = next.call(request).await?;
    let status = response.status();
    let current = response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    if let (Some(current), Some(metadata)) = (current, metadata)
        && let Ok(completed) = HeaderValue::from_str(&completed(current, status, &metadata))
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, completed);
    }
    Ok(response)
}

/// A 403 names the missing scope already. A 401 names them all: which of them a client needs is not known yet, and its
/// user may grant less.
fn completed(challenge: &str, status: StatusCode, metadata: &Metadata) -> String {
    let Metadata { resource_metadata, scope, .. } = metadata;
    if status == StatusCode::UNAUTHORIZED {
        format!("{challenge}, {scope}, {resource_metadata}")
    } else {
        format!("{challenge}, {resource_metadata}")
    }
}

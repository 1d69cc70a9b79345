//! `GET /api/{user_id}/events`.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;

use super::hub::Hub;
use super::stream::{Token, hints};
use crate::auth::{AuthenticatedUser, OwnerId, Revocations};
use crate::base::drain::Drain;
use crate::http::error::ApiError;

/// Keeps nginx from collecting the answer before it sends it on.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Opens a stream; 429 when the user or the instance has as many as it may have.
pub(in crate::tasks) async fn events(
    owner: OwnerId,
    user: AuthenticatedUser,
    hub: web::Data<Hub>,
    revocations: web::Data<Revocations>,
    drain: web::Data<Drain>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((X_ACCEL_BUFFERING, "no"));
    if request.method() == Method::HEAD {
        return Ok(response.streaming(stream::empty::<Result<Bytes, actix_web::Error>>()));
    }
    let subscription = hub.listen(&owner).ok_or(ApiError::TooManyStreams)?;
    let drain = drain.get_ref().clone();
    let token = Token { user, revocations: revocations.into_inner() };
    Ok(response.streaming(hints(subscription, token, drain)))
}

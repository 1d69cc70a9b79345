//! The path guard: `/api/{user_id}/…` belongs to the user of the token, and to nobody else.

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use percent_encoding::percent_decode_str;

use super::claims::UserId;
use super::error::AuthError;
use super::user::AuthenticatedUser;

/// The name of the path parameter that [`owner_guard`] compares.
const PATH_PARAMETER: &str = "user_id";

/// The proof that the caller is the user named in the path. Repository functions ask for it, so a
/// handler without the guard cannot reach a row.
///
/// Nothing outside this module can make one:
///
/// ```compile_fail
/// use taskbridge::auth::{OwnerId, UserId};
/// let owner = OwnerId(UserId::parse("mallory").unwrap());
/// ```
///
/// ```compile_fail
/// use taskbridge::auth::{OwnerId, UserId};
/// let owner = OwnerId::proven(UserId::parse("mallory").unwrap());
/// ```
///
/// ```compile_fail
/// use taskbridge::auth::OwnerId;
/// let owner: OwnerId = serde_json::from_str("\"mallory\"").unwrap();
/// ```
///
/// ```compile_fail
/// use taskbridge::auth::OwnerId;
/// let owner = OwnerId::default();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerId(UserId);

impl OwnerId {
    pub(super) fn proven(user_id: UserId) -> Self {
        Self(user_id)
    }

    /// The id's text, as stored in `user_id` columns.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// An owner without a token, for tests of the repository alone.
    #[cfg(test)]
    pub(crate) fn for_tests(text: &str) -> Self {
        Self(UserId::parse(text).unwrap())
    }
}

impl AsRef<str> for OwnerId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl FromRequest for OwnerId {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let owner = request.extensions().get::<Self>().cloned();
        ready(owner.ok_or(AuthError::NotGuarded("OwnerId")))
    }
}

/// Middleware for a scope whose path has a `{user_id}`: stores the [`OwnerId`], or answers 403
/// before anything of the request is parsed. It stands inside [`super::RequireAuth`].
///
/// It is not an actix `Guard`: those choose a route, and a refusal would read as 404.
///
/// # Errors
/// Passes on the errors of the inner service.
pub async fn owner_guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match prove(&request) {
        Ok(owner) => {
            request.extensions_mut().insert(owner);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(refusal) => {
            let (request, _) = request.into_parts();
            Ok(ServiceResponse::from_err(refusal, request).map_into_right_body())
        }
    }
}

/// The router leaves `%25` and `%2F` encoded in a segment, so the comparison decodes it first;
/// otherwise a user whose id holds a slash would be locked out.
fn prove(request: &ServiceRequest) -> Result<OwnerId, AuthError> {
    let extensions = request.extensions();
    let user =
        extensions.get::<AuthenticatedUser>().ok_or(AuthError::NotGuarded("AuthenticatedUser"))?;
    let segment = request
        .match_info()
        .get(PATH_PARAMETER)
        .ok_or(AuthError::NotGuarded("a user_id in the path"))?;
    let decoded: Vec<u8> = percent_decode_str(segment).collect();
    user.owning(&decoded)
}

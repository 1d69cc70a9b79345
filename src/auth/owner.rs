//! From a verified token to the right to a path: `/api/{user_id}/…` belongs to that user alone.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use percent_encoding::percent_decode_str;

use super::claims::{Claims, UserId};
use super::refusal::AuthError;
use super::scope::Scope;

/// The path parameter that [`owner_guard`] compares with the user.
const PATH_PARAMETER: &str = "user_id";

/// The caller, whose token passed every check. Only a [`super::TokenVerifier`] makes one.
///
/// As a handler's argument it is the user of the request, as [`super::RequireAuth`] stored it.
#[derive(Clone, Debug)]
pub struct AuthenticatedUser(Arc<Claims>);

impl AuthenticatedUser {
    pub(super) fn new(claims: Claims) -> Self {
        Self(Arc::new(claims))
    }

    /// The id of the user, from the configured claim.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        self.0.user_id()
    }

    /// The verified claims of the token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// The proof that this user is the one in the path. `path_user` is the decoded path segment; it is
    /// compared byte for byte.
    ///
    /// # Errors
    /// [`AuthError::NotOwner`] when the path names another user.
    pub fn owning(&self, path_user: &[u8]) -> Result<OwnerId, AuthError> {
        if self.user_id().as_str().as_bytes() == path_user {
            Ok(OwnerId(self.user_id().clone()))
        } else {
            Err(AuthError::NotOwner)
        }
    }
}

impl FromRequest for AuthenticatedUser {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = request.extensions().get::<Self>().cloned();
        ready(user.ok_or(AuthError::NotGuarded("AuthenticatedUser")))
    }
}

/// The proof that the caller is the user named in the path. Every function that reads or writes a user's
/// rows takes one, so a handler outside [`owner_guard`] cannot reach a row.
///
/// [`AuthenticatedUser::owning`] is the only way to get one:
///
/// ```compile_fail
/// use taskbridge::auth::{OwnerId, UserId};
/// let owner = OwnerId(UserId::parse("mallory").unwrap());
/// ```
///
/// ```compile_fail
/// use taskbridge::auth::{OwnerId, UserId};
/// let owner = OwnerId::from(UserId::parse("mallory").unwrap());
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
    /// The id's text, as stored in `user_id` columns.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The user.
    pub(crate) fn user_id(&self) -> &UserId {
        &self.0
    }

    /// An owner without a token, for tests that start below the HTTP layer.
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

/// Middleware for the part of an application whose paths have a `{user_id}`: stores the [`OwnerId`] in the request's
/// extensions, or responds 403 before the body or the query is parsed, when the path names another user or the token is
/// not for such a request ([`Scope`]). It must stand inside [`super::RequireAuth`].
///
/// It is not an actix `Guard`: guards select a route, and a failed one would read as 404.
///
/// # Errors
/// Those of the inner service.
pub async fn owner_guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match prove_ownership(&request) {
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

/// The router leaves `%25` and `%2F` encoded in a segment. Without decoding them first, a user whose id
/// contains a slash would be refused.
fn prove_ownership(request: &ServiceRequest) -> Result<OwnerId, AuthError> {
    let extensions = request.extensions();
    let user =
        extensions.get::<AuthenticatedUser>().ok_or(AuthError::NotGuarded("AuthenticatedUser"))?;
    let segment = request
        .match_info()
        .get(PATH_PARAMETER)
        .ok_or(AuthError::NotGuarded("a user_id in the path"))?;
    let decoded: Vec<u8> = percent_decode_str(segment).collect();
    let owner = user.owning(&decoded)?;
    let needed = Scope::needed_for(request.method());
    if user.claims().scopes().allows(needed) {
        Ok(owner)
    } else {
        Err(AuthError::InsufficientScope(needed))
    }
}

//! The caller, once a token was verified.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::claims::{Claims, UserId};
use super::error::AuthError;
use super::owner::OwnerId;

/// Somebody who proved to be [`AuthenticatedUser::user_id`]. Only a [`super::TokenVerifier`] makes one.
#[derive(Clone, Debug)]
pub struct AuthenticatedUser(Arc<Claims>);

impl AuthenticatedUser {
    pub(super) fn new(claims: Claims) -> Self {
        Self(Arc::new(claims))
    }

    /// Who it is.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        self.0.user_id()
    }

    /// The verified claims of the token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// The proof that this user is the one named by `path_user`, compared byte for byte.
    ///
    /// # Errors
    /// [`AuthError::NotOwner`] for anybody else.
    pub fn owning(&self, path_user: &[u8]) -> Result<OwnerId, AuthError> {
        if self.user_id().as_str().as_bytes() == path_user {
            Ok(OwnerId::proven(self.user_id().clone()))
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

//! The caller: a verified token whose user is the one in the path.

use std::sync::Arc;

use axum::RequestPartsExt;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Bearer;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use crate::App;
use crate::error::ApiError;

/// What verifies a token.
#[derive(Clone)]
pub struct Keys(Arc<(DecodingKey, Validation)>);

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

impl Keys {
    /// HS256 with this secret; issuer and audience are the origin.
    pub fn new(secret: &str, origin: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 30;
        validation.set_issuer(&[origin]);
        validation.set_audience(&[origin]);
        Self(Arc::new((DecodingKey::from_secret(secret.as_bytes()), validation)))
    }

    fn user(&self, token: &str) -> Result<String, ApiError> {
        let (key, validation) = &*self.0;
        decode::<Claims>(token, key, validation)
            .map(|token| token.claims.sub)
            .map_err(|_| ApiError::Unauthorized)
    }
}

/// The user of the token, who is the user in the path.
pub struct User(pub String);

#[derive(Deserialize)]
struct UserPath {
    user_id: String,
}

impl<S: Send + Sync> FromRequestParts<App<S>> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App<S>) -> Result<Self, ApiError> {
        let TypedHeader(Authorization(bearer)) = parts
            .extract::<TypedHeader<Authorization<Bearer>>>()
            .await
            .map_err(|_| ApiError::Unauthorized)?;
        let user = app.keys.user(bearer.token())?;
        let Path(path) = parts.extract::<Path<UserPath>>().await.map_err(|_| ApiError::NotFound)?;
        if path.user_id == user { Ok(Self(user)) } else { Err(ApiError::Forbidden) }
    }
}

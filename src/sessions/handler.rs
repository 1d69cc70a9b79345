//! `POST /backchannel-logout` (OpenID Connect Back-Channel Logout 1.0, section 2.5): the front end says that a session, or
//! every session of a user, has ended.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};

use super::store::RevocationStore;
use crate::auth::{AuthError, LogoutError, Revoked, TokenVerifier};
use crate::http::error::ApiError;
use crate::http::extract::Form;

/// The form field.
const FIELD: &str = "logout_token";

/// Answers when it is stored durably. A logout token that comes again changes nothing: what it ends has ended.
pub(super) async fn backchannel_logout(
    Form(fields): Form,
    verifier: web::Data<TokenVerifier>,
    store: web::Data<RevocationStore>,
) -> Result<HttpResponse, actix_web::Error> {
    let revoked = verify(&verifier, &fields).await.map_err(AuthError::from)?;
    store.revoke(revoked).await.map_err(ApiError::from)?;
    let no_store = HeaderValue::from_static("no-store");
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, no_store)).finish())
}

async fn verify(
    verifier: &TokenVerifier,
    fields: &[(String, String)],
) -> Result<Revoked, LogoutError> {
    let mut tokens = fields.iter().filter(|(name, _)| name == FIELD);
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
        return Err(LogoutError::NotOne);
    };
    match verifier.verify_logout(token) {
        Err(LogoutError::Token(error)) if error.is_retryable() => {
            verifier.refresh_and_verify_logout(token).await
        }
        verdict => verdict,
    }
}

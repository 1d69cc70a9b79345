//! Who is calling, and whose data they may touch.
//!
//! The chain of trust has one link per type, and each type has one constructor:
//!
//! | type | made only by | says |
//! | --- | --- | --- |
//! | [`BearerToken`] | [`BearerToken::from_headers`] | the `Authorization` header is well formed; nothing is trusted yet |
//! | [`AuthenticatedUser`] | [`TokenVerifier::verify`] | somebody proved to be this [`UserId`] |
//! | [`OwnerId`] | [`AuthenticatedUser::owning`] | that somebody is the user named in the path |
//!
//! [`RequireAuth`] walks the first two steps for every request of a scope and stores the
//! [`AuthenticatedUser`], claims included, in the request's extensions; [`owner_guard`] walks the third.
//!
//! The module knows HTTP and JWT, and neither tasks, nor a database, nor the environment, so that it
//! can protect a foreign scope as it stands:
//!
//! ```
//! use std::sync::Arc;
//! use actix_web::{App, HttpResponse, test, web};
//! use taskbridge::Secret;
//! use taskbridge::auth::{
//!     Accepted, AuthSettings, AuthenticatedUser, ClaimPath, KeySource, KeySources, RequireAuth,
//!     TokenVerifier,
//! };
//!
//! # #[actix_web::main]
//! # async fn main() {
//! let secret = Secret::new("correct horse battery staple, twice");
//! let verifier = Arc::new(TokenVerifier::new(AuthSettings {
//!     keys: KeySources::new(vec![KeySource::shared_secrets([&secret])]),
//!     issuer: Accepted::one_of(["https://app.example"]),
//!     audience: Accepted::one_of(["https://app.example"]),
//!     user_id_claim: ClaimPath::subject(),
//!     leeway_seconds: 30,
//! }));
//! let app = test::init_service(App::new().service(
//!     web::scope("/private").wrap(RequireAuth::new(verifier)).route(
//!         "/hello",
//!         web::get().to(|user: AuthenticatedUser| async move {
//!             HttpResponse::Ok().body(user.user_id().as_str().to_owned())
//!         }),
//!     ),
//! ))
//! .await;
//!
//! let answer = test::call_service(
//!     &app,
//!     test::TestRequest::get().uri("/private/hello").to_request(),
//! )
//! .await;
//! assert_eq!(answer.status(), 401);
//! let challenge = answer.headers().get("WWW-Authenticate").unwrap();
//! assert_eq!(challenge, r#"Bearer realm="taskbridge""#);
//! # }
//! ```

mod bearer;
mod check;
mod claims;
mod error;
mod json;
mod jws;
mod jwt_cache;
mod keys;
mod middleware;
mod owner;
mod settings;
#[cfg(test)]
mod tests;
mod user;
mod verifier;

pub use bearer::{BearerToken, MAX_TOKEN_BYTES};
pub use check::Check;
pub use claims::{Claims, UserId};
pub use error::{AuthError, HeaderError, TokenError};
pub use keys::jwks::{JwksError, KeySet};
pub use keys::jwks_cache::{JwksCache, JwksTiming};
pub use keys::jwks_fetch::{FetchError, FetchJwks, Fetched, HttpJwks};
pub use keys::key::{fingerprint, sign_hs256, verifies_hs256};
pub use keys::key_source::{KeySource, KeySources};
pub use middleware::RequireAuth;
pub use owner::{OwnerId, owner_guard};
pub use settings::{Accepted, AuthSettings, ClaimPath};
pub use user::AuthenticatedUser;
pub use verifier::TokenVerifier;

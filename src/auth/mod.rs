//! Authentication (who is calling?) and authorisation (whose data may they touch?).
//!
//! # Concepts
//!
//! **Token.** Users sign in to the web app, where Better Auth issues each of them a JWT (RFC 7519): claims about the
//! user, signed, and valid for minutes. Clients send it with every request as `Authorization: Bearer <token>`
//! (RFC 6750). The server keeps no sessions; the token is all it knows about a caller.
//!
//! **Session.** What a sign-in begins and a sign-out ends, in the web app. A token may name its session ([`SessionId`]).
//! When the web app says in a logout token that the session has ended, its tokens are [`Revoked`] before they expire.
//!
//! **Key source.** The keys that may have signed a token: secrets shared with the web app (HS256), or the public
//! keys of its JWKS endpoint (EdDSA, ES256, RS256, PS256). Each key has exactly one algorithm. A token's header
//! selects a key by `alg` and `kid`, but never decides how the key is used. This rules out algorithm confusion
//! (RFC 8725, section 3.1).
//!
//! **User.** The [`UserId`] in one configured claim of a verified token, `sub` by default.
//!
//! **Owner.** The user named in the path of a request: all data lies below `/api/{user_id}/`. Users may touch the
//! data that they own and no other; there are no roles and no shared data.
//!
//! # The chain of proof
//!
//! Each stage of trust is a type with private fields, and each type is made in one place. Code that reads or
//! writes data takes an [`OwnerId`], so the compiler rejects every call that has skipped a check.
//!
//! | type | made by | proves |
//! | --- | --- | --- |
//! | [`BearerToken`] | [`BearerToken::from_headers`] | the header is well formed; nothing in the token is trusted yet |
//! | [`AuthenticatedUser`] | [`TokenVerifier::verify`] | the caller is this [`UserId`] |
//! | [`OwnerId`] | [`AuthenticatedUser::owning`] | the path names the same user |
//!
//! # The way of a request
//!
//! 1. [`RequireAuth`], the middleware around `/api`, takes the [`BearerToken`] from the header.
//! 2. The [`TokenVerifier`] makes every [`Check`] in order: shape, signature, claims, revocation. The first that fails is
//!    the [`TokenError`]. A token that passed them all is cached, so the next request with it makes only the last one.
//! 3. An unknown key may be a new one. [`RequireAuth`] has the key set fetched, at most once per cooldown, and
//!    verifies again ([`JwksCache`]). Without such a fetch the response is 503: the token may be valid.
//! 4. The [`AuthenticatedUser`], with all claims, is stored in the request's extensions.
//! 5. [`owner_guard`], the middleware around `/api/{user_id}`, compares the path with the user, and what the request
//!    needs with the token's [`Scopes`], and stores the [`OwnerId`].
//! 6. Handlers take either one as an argument. A handler outside its middleware never runs; the response is 500.
//!
//! A refused request gets 400 (malformed header), 401 (no valid token), 403 (another user's path, or a token that is
//! not for such a request) or 503 (no keys loaded, or perhaps not this one). The response has one fixed text per code,
//! and only the log has the precise cause ([`AuthError`]).
//!
//! # Use in another program
//!
//! The module knows HTTP and JWT, but no tasks, no database and no environment variables. It can protect any
//! actix-web scope:
//!
//! ```
//! use std::sync::Arc;
//! use actix_web::{App, HttpResponse, test, web};
//! use taskbridge::Secret;
//! use taskbridge::auth::{
//!     Accepted, AuthSettings, AuthenticatedUser, ClaimPath, KeySource, KeySources, RequireAuth,
//!     Revocations, SessionRule, TokenVerifier,
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
//!     session: SessionRule::Ignored,
//!     revocations: Arc::new(Revocations::new(86_400)),
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
//! let request = test::TestRequest::get().uri("/private/hello").to_request();
//! let response = test::call_service(&app, request).await;
//! assert_eq!(response.status(), 401);
//! let challenge = response.headers().get("WWW-Authenticate").unwrap();
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
mod logout;
mod middleware;
mod owner;
mod refusal;
mod revocations;
mod scope;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod verifier;

pub use bearer::{BearerToken, MAX_TOKEN_BYTES};
pub use check::Check;
pub use claims::{Claims, UserId};
pub use error::{HeaderError, TokenError};
pub use keys::jwks::{JwksError, KeySet};
pub use keys::jwks_cache::{JwksCache, JwksTiming};
pub use keys::jwks_fetch::{FetchError, FetchJwks, Fetched, HttpJwks};
pub use keys::key::{fingerprint, sign_hs256, verifies_hs256};
pub use keys::key_source::{KeySource, KeySources};
pub use logout::LogoutError;
pub use middleware::RequireAuth;
pub use owner::{AuthenticatedUser, OwnerId, owner_guard};
pub use refusal::AuthError;
pub use revocations::{Revocation, Revocations, Revoked};
pub use scope::{Scope, Scopes};
pub use session::{SessionId, SessionRule};
pub use settings::{Accepted, AuthSettings, ClaimPath};
pub use verifier::TokenVerifier;

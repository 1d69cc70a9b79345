//! Verifies a token: its shape, its signature, its claims, and that it was not revoked. The claims of a token that no
//! known key has signed are never decoded.

use std::sync::atomic::{AtomicBool, Ordering};

use super::bearer::BearerToken;
use super::claims::Claims;
use super::error::TokenError;
use super::jws::CompactJws;
use super::jwt_cache::JwtCache;
use super::logout::{self, LogoutError};
use super::owner::AuthenticatedUser;
use super::revocations::Revoked;
use super::settings::AuthSettings;
use crate::base::clock;

/// Decides whether a token proves an identity. Share one between threads with an `Arc`.
#[derive(Debug)]
pub struct TokenVerifier {
    settings: AuthSettings,
    cache: JwtCache,
    told_of_no_session: AtomicBool,
    told_of_long_life: AtomicBool,
}

impl TokenVerifier {
    /// A verifier with these rules and keys.
    #[must_use]
    pub fn new(settings: AuthSettings) -> Self {
        Self {
            settings,
            cache: JwtCache::new(),
            told_of_no_session: AtomicBool::new(false),
            told_of_long_life: AtomicBool::new(false),
        }
    }

    /// Verifies a token at the current time of the system's clock.
    ///
    /// # Errors
    /// The first check that failed, in the order of [`super::Check`].
    pub fn verify(&self, token: BearerToken<'_>) -> Result<AuthenticatedUser, TokenError> {
        self.verify_at(token, clock::now_seconds())
    }

    /// Verifies a token as if the time were `now`, in seconds since the Unix epoch.
    ///
    /// # Errors
    /// As [`TokenVerifier::verify`].
    pub fn verify_at(
        &self,
        token: BearerToken<'_>,
        now: i64,
    ) -> Result<AuthenticatedUser, TokenError> {
        let AuthSettings { keys, leeway_seconds, revocations, .. } = &self.settings;
        let cached = self.cache.get(token.as_str(), keys, *leeway_seconds, now);
        let user = cached.map_or_else(|| self.verify_anew(token, now), Ok)?;
        revocations.check(user.claims())?;
        Ok(user)
    }

    fn verify_anew(
        &self,
        token: BearerToken<'_>,
        now: i64,
    ) -> Result<AuthenticatedUser, TokenError> {
        let jws = CompactJws::parse(token.as_str())?;
        let origin = self.settings.keys.check_signature(&jws)?;
        let claims = Claims::check(jws.payload()?, &self.settings, now)?;
        self.warn_once(&claims, now);
        let user = AuthenticatedUser::new(claims);
        self.cache.insert(token.as_str(), &user, origin);
        Ok(user)
    }

    /// Verifies a logout token, and says which tokens it ends.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn verify_logout(&self, token: &str) -> Result<Revoked, LogoutError> {
        self.verify_logout_at(token, clock::now_seconds())
    }

    /// As [`TokenVerifier::verify_logout`], as if the time were `now`, in seconds since the Unix epoch.
    ///
    /// # Errors
    /// As [`TokenVerifier::verify_logout`].
    pub fn verify_logout_at(&self, token: &str, now: i64) -> Result<Revoked, LogoutError> {
        let jws = CompactJws::parse_logout(token)?;
        self.settings.keys.check_signature(&jws)?;
        logout::check(&jws.payload()?, &self.settings, now)
    }

    /// Fetches newer keys if the sources allow it now, then verifies. Worth the wait only for an error that
    /// [`TokenError::is_retryable`].
    ///
    /// # Errors
    /// As [`TokenVerifier::verify`], with [`TokenError::KeyNotFetched`] for an unknown key unless a fetch that
    /// began after the call has succeeded.
    pub async fn refresh_and_verify(
        &self,
        token: BearerToken<'_>,
    ) -> Result<AuthenticatedUser, TokenError> {
        let next_fetch = self.settings.keys.refresh().await;
        self.verify(token).map_err(|error| error.until_fetched(next_fetch))
    }

    /// As [`TokenVerifier::refresh_and_verify`], for a logout token.
    ///
    /// # Errors
    /// As [`TokenVerifier::verify_logout`].
    pub async fn refresh_and_verify_logout(&self, token: &str) -> Result<Revoked, LogoutError> {
        let next_fetch = self.settings.keys.refresh().await;
        self.verify_logout(token).map_err(|error| match error {
            LogoutError::Token(error) => error.until_fetched(next_fetch).into(),
            other => other,
        })
    }

    /// Says once what keeps the end of a session from ending this token.
    fn warn_once(&self, claims: &Claims, now: i64) {
        let AuthSettings { session, revocations, .. } = &self.settings;
        let Some(claim) = session.claim() else { return };
        let lifetime = revocations.lifetime_seconds();
        if claims.session_id().is_none() && !self.told_of_no_session.swap(true, Ordering::Relaxed) {
            log::warn!(
                "a token without the claim {claim} came: it is good until it expires, also after a sign-out; see \
                 docs/better-auth.md"
            );
        }
        let left = claims.expires_at().saturating_sub(now);
        if left > i64::from(lifetime) && !self.told_of_long_life.swap(true, Ordering::Relaxed) {
            log::warn!(
                "a token came that is good for another {left} s, and the end of its session is forgotten after \
                 {lifetime} s: set REVOCATION_SECONDS to more than tokens live"
            );
        }
    }

    /// How many tokens are cached.
    #[cfg(test)]
    pub(super) fn cached(&self) -> usize {
        self.cache.len()
    }
}

//! Verifies a token: its shape, its signature, its claims. The claims of a token that no known key has
//! signed are never decoded.

use super::bearer::BearerToken;
use super::claims::Claims;
use super::error::TokenError;
use super::jws::CompactJws;
use super::jwt_cache::JwtCache;
use super::owner::AuthenticatedUser;
use super::settings::AuthSettings;
use crate::base::clock;

/// Decides whether a token proves an identity. Share one between threads with an `Arc`.
#[derive(Debug)]
pub struct TokenVerifier {
    settings: AuthSettings,
    cache: JwtCache,
}

impl TokenVerifier {
    /// A verifier with these rules and keys.
    #[must_use]
    pub fn new(settings: AuthSettings) -> Self {
        Self { settings, cache: JwtCache::new() }
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
        let AuthSettings { keys, leeway_seconds, .. } = &self.settings;
        if let Some(user) = self.cache.get(token.as_str(), keys, *leeway_seconds, now) {
            return Ok(user);
        }
        let jws = CompactJws::parse(token.as_str())?;
        let origin = keys.check_signature(&jws)?;
        let claims = Claims::check(jws.payload()?, &self.settings, now)?;
        let user = AuthenticatedUser::new(claims);
        self.cache.insert(token.as_str(), &user, origin);
        Ok(user)
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
        self.verify(token).map_err(|error| match next_fetch {
            Some(seconds) => error.until_fetched(seconds),
            None => error,
        })
    }

    /// How many tokens are cached.
    #[cfg(test)]
    pub(super) fn cached(&self) -> usize {
        self.cache.len()
    }
}

//! From a token's text to a user: cut it, check the signature, then the claims, in that order, so
//! that nothing a stranger wrote is looked at closer than needed.

use super::bearer::BearerToken;
use super::claims::Claims;
use super::error::TokenError;
use super::jws::CompactJws;
use super::jwt_cache::VerifiedTokens;
use super::settings::AuthSettings;
use super::user::AuthenticatedUser;
use crate::base::clock;

/// Decides whether a token proves an identity. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct TokenVerifier {
    settings: AuthSettings,
    verified: VerifiedTokens,
}

impl TokenVerifier {
    /// A verifier with these rules and keys.
    #[must_use]
    pub fn new(settings: AuthSettings) -> Self {
        Self { settings, verified: VerifiedTokens::new() }
    }

    /// Verifies a token against the system's clock.
    ///
    /// # Errors
    /// The first failed check.
    pub fn verify(&self, token: BearerToken<'_>) -> Result<AuthenticatedUser, TokenError> {
        self.verify_at(token, clock::now_seconds())
    }

    /// Verifies a token as if the time were `now`, in seconds since the Unix epoch.
    ///
    /// # Errors
    /// The first failed check.
    pub fn verify_at(
        &self,
        token: BearerToken<'_>,
        now: i64,
    ) -> Result<AuthenticatedUser, TokenError> {
        let AuthSettings { keys, leeway_seconds, .. } = &self.settings;
        if let Some(user) = self.verified.get(token.as_str(), keys, *leeway_seconds, now) {
            return Ok(user);
        }
        let jws = CompactJws::parse(token.as_str())?;
        let key_use = keys.check_signature(&jws)?;
        let user = AuthenticatedUser::new(Claims::check(jws.payload()?, &self.settings, now)?);
        self.verified.insert(token.as_str(), &user, key_use);
        Ok(user)
    }

    /// As [`TokenVerifier::verify`], after giving the key sources the chance to learn a new key. Only
    /// worth the wait when [`TokenError::may_heal`] says so.
    ///
    /// # Errors
    /// The first failed check.
    pub async fn refresh_and_verify(
        &self,
        token: BearerToken<'_>,
    ) -> Result<AuthenticatedUser, TokenError> {
        self.settings.keys.refresh().await;
        self.verify(token)
    }

    /// How many tokens are remembered.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.verified.len()
    }
}

//! Where keys come from. A verifier holds any number of sources and asks them all the same
//! question; a token of one source's algorithm never meets a key of another.

use super::error::TokenError;
use super::jws::CompactJws;
use super::key::VerificationKey;
use crate::secret::Secret;

/// One origin of verification keys.
#[derive(Debug)]
pub struct KeySource(Kind);

#[derive(Debug)]
enum Kind {
    Shared(Vec<VerificationKey>),
}

impl KeySource {
    /// Secrets shared with Better Auth, for HS256 only. Several while one replaces another.
    pub fn shared_secrets<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self(Kind::Shared(secrets.into_iter().map(VerificationKey::hs256).collect()))
    }
}

/// All the sources of a verifier.
#[derive(Debug)]
pub struct KeySources(Vec<KeySource>);

impl KeySources {
    /// The sources in the order they are asked. With none, every token is refused.
    #[must_use]
    pub fn new(sources: Vec<KeySource>) -> Self {
        Self(sources)
    }

    /// Succeeds when a key of the token's algorithm made its signature.
    ///
    /// # Errors
    /// [`TokenError::Algorithm`] when no key has that algorithm, else [`TokenError::Signature`].
    pub(super) fn check_signature(&self, jws: &CompactJws<'_>) -> Result<(), TokenError> {
        let mut candidates = self
            .0
            .iter()
            .flat_map(|KeySource(Kind::Shared(keys))| keys)
            .filter(|key| key.is_for(&jws.algorithm))
            .peekable();
        if candidates.peek().is_none() {
            return Err(TokenError::Algorithm(jws.algorithm.clone()));
        }
        if candidates.any(|key| key.verifies(jws)) { Ok(()) } else { Err(TokenError::Signature) }
    }
}

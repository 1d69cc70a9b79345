//! Where keys come from. A verifier holds any number of sources and asks them all the same
//! question; a token of one source's algorithm never meets a key of another.

use std::sync::Arc;

use super::jwks_cache::JwksCache;
use super::key::VerificationKey;
use crate::auth::error::TokenError;
use crate::auth::jws::CompactJws;
use crate::base::secret::Secret;

/// One origin of verification keys.
#[derive(Debug)]
pub struct KeySource(Kind);

#[derive(Debug)]
enum Kind {
    Shared(Vec<VerificationKey>),
    Jwks(Arc<JwksCache>),
}

/// Which set of keys made a good signature; that set may have been replaced since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::auth) enum KeyUse {
    /// A shared secret. Those stay for the life of the process.
    Shared,
    /// A key of the set with this number.
    Jwks(u64),
}

/// The algorithms of a shared secret and of a JWKS endpoint; the two sets do not meet.
const SHARED_ALGORITHM: &str = "HS256";
const JWKS_ALGORITHMS: [&str; 4] = ["EdDSA", "ES256", "RS256", "PS256"];

impl KeySource {
    /// Secrets shared with Better Auth, for HS256 only. Several while one replaces another. A secret
    /// below 32 bytes (RFC 7518, section 3.2) verifies nothing.
    pub fn shared_secrets<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self(Kind::Shared(secrets.into_iter().filter_map(VerificationKey::hs256).collect()))
    }

    /// As [`KeySource::shared_secrets`], for keys that need not be text.
    #[cfg(test)]
    pub(in crate::auth) fn hs256_keys<'a>(secrets: impl IntoIterator<Item = &'a Vec<u8>>) -> Self {
        let keys = secrets.into_iter().filter_map(|secret| VerificationKey::hs256_bytes(secret));
        Self(Kind::Shared(keys.collect()))
    }

    /// The public keys of a JWKS endpoint, for EdDSA, ES256, RS256 and PS256.
    #[must_use]
    pub fn jwks(cache: Arc<JwksCache>) -> Self {
        Self(Kind::Jwks(cache))
    }

    fn handles(&self, algorithm: &str) -> bool {
        match self.0 {
            Kind::Shared(_) => algorithm == SHARED_ALGORITHM,
            Kind::Jwks(_) => JWKS_ALGORITHMS.contains(&algorithm),
        }
    }

    fn check_signature(&self, jws: &CompactJws<'_>) -> Result<KeyUse, TokenError> {
        match &self.0 {
            Kind::Shared(keys) if keys.iter().any(|key| key.verifies(jws)) => Ok(KeyUse::Shared),
            Kind::Shared(_) => Err(TokenError::Signature),
            Kind::Jwks(cache) => cache.check_signature(jws).map(KeyUse::Jwks),
        }
    }

    fn still_uses(&self, key_use: KeyUse) -> bool {
        match (&self.0, key_use) {
            (Kind::Shared(_), KeyUse::Shared) => true,
            (Kind::Jwks(cache), KeyUse::Jwks(set)) => cache.serves_set(set),
            _ => false,
        }
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

    /// Succeeds when a key of the token's algorithm made its signature, and says which set it is of.
    ///
    /// # Errors
    /// [`TokenError::Algorithm`] when no source has keys of that algorithm, else what the last source
    /// asked has to say.
    pub(in crate::auth) fn check_signature(
        &self,
        jws: &CompactJws<'_>,
    ) -> Result<KeyUse, TokenError> {
        let mut outcome = Err(TokenError::Algorithm(jws.algorithm.clone()));
        for source in self.0.iter().filter(|source| source.handles(&jws.algorithm)) {
            outcome = source.check_signature(jws);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Whether the set that a signature was made with is in use as it was then.
    pub(in crate::auth) fn still_use(&self, key_use: KeyUse) -> bool {
        self.0.iter().any(|source| source.still_uses(key_use))
    }

    /// Gives sources that can learn new keys the chance to; resolves soon whatever happens.
    pub(in crate::auth) async fn refresh(&self) {
        for KeySource(kind) in &self.0 {
            if let Kind::Jwks(cache) = kind {
                cache.refresh().await;
            }
        }
    }
}

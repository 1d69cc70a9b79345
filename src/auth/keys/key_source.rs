//! Sources of verification keys. A verifier has one or more, and a token is checked only against the keys of a
//! source for its algorithm.

use std::sync::Arc;

use super::jwks_cache::JwksCache;
use super::key::VerificationKey;
use crate::auth::error::TokenError;
use crate::auth::jws::CompactJws;
use crate::base::secret::Secret;

/// One source of verification keys: shared secrets or a JWKS endpoint.
#[derive(Debug)]
pub struct KeySource(Kind);

#[derive(Debug)]
enum Kind {
    Shared(Vec<VerificationKey>),
    Jwks(Arc<JwksCache>),
}

/// Which keys a signature was verified with, to find out later whether they are still in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::auth) enum KeyOrigin {
    /// A shared secret, which is valid until the process ends.
    SharedSecret,
    /// The key set with this number, which a fetch may replace.
    KeySet(u64),
}

/// The algorithm of shared secrets. It is none of [`JWKS_ALGORITHMS`], so a public key never serves as a secret.
const SHARED_ALGORITHM: &str = "HS256";

/// The algorithms of keys from a JWKS endpoint.
const JWKS_ALGORITHMS: [&str; 4] = ["EdDSA", "ES256", "RS256", "PS256"];

impl KeySource {
    /// Secrets shared with Better Auth, for HS256 only: usually one, several while it is being replaced. A
    /// secret below 32 bytes is ignored (RFC 7518, section 3.2).
    pub fn shared_secrets<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self(Kind::Shared(secrets.into_iter().filter_map(VerificationKey::hs256).collect()))
    }

    /// As [`KeySource::shared_secrets`], for secrets that need not be text.
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

    fn check_signature(&self, jws: &CompactJws<'_>) -> Result<KeyOrigin, TokenError> {
        match &self.0 {
            Kind::Shared(keys) if keys.iter().any(|key| key.verifies(jws)) => {
                Ok(KeyOrigin::SharedSecret)
            }
            Kind::Shared(_) => Err(TokenError::Signature),
            Kind::Jwks(cache) => cache.check_signature(jws).map(KeyOrigin::KeySet),
        }
    }

    fn still_uses(&self, origin: KeyOrigin) -> bool {
        match (&self.0, origin) {
            (Kind::Shared(_), KeyOrigin::SharedSecret) => true,
            (Kind::Jwks(cache), KeyOrigin::KeySet(number)) => cache.still_uses(number),
            _ => false,
        }
    }
}

/// The key sources of a verifier.
#[derive(Debug)]
pub struct KeySources(Vec<KeySource>);

impl KeySources {
    /// The sources, in the order they are tried. Without any, every token is refused.
    #[must_use]
    pub fn new(sources: Vec<KeySource>) -> Self {
        Self(sources)
    }

    /// Checks the signature against every source for the token's algorithm, until one verifies it.
    ///
    /// # Errors
    /// [`TokenError::Algorithm`] when no source is for the algorithm, or the error of the last source tried.
    pub(in crate::auth) fn check_signature(
        &self,
        jws: &CompactJws<'_>,
    ) -> Result<KeyOrigin, TokenError> {
        let mut checked = Err(TokenError::Algorithm(jws.algorithm.clone()));
        for source in self.0.iter().filter(|source| source.handles(&jws.algorithm)) {
            checked = source.check_signature(jws);
            if checked.is_ok() {
                break;
            }
        }
        checked
    }

    /// Whether the keys of this origin are still in use, unchanged.
    pub(in crate::auth) fn still_use(&self, origin: KeyOrigin) -> bool {
        self.0.iter().any(|source| source.still_uses(origin))
    }

    /// Fetches newer keys from every JWKS endpoint that is not in its cooldown. Takes a few seconds at most.
    /// `None` when each was fetched; otherwise the seconds until the last of the others may be, at least 1.
    pub(in crate::auth) async fn refresh(&self) -> Option<u32> {
        let mut next_fetch = None;
        for KeySource(kind) in &self.0 {
            if let Kind::Jwks(cache) = kind {
                next_fetch = next_fetch.max(cache.refresh().await);
            }
        }
        next_fetch
    }
}

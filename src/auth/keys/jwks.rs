//! A JWK Set (RFC 7517, section 5). Each fetch builds a new one; a set never changes.

use super::jwk::{self, NamedKey};
use crate::auth::error::TokenError;
use crate::auth::json::{Json, parse_object};
use crate::auth::jws::CompactJws;

/// The longest document that is accepted, in bytes.
pub(in crate::auth) const MAX_BYTES: usize = 256 * 1024;

/// The largest number of entries that is accepted.
const MAX_KEYS: usize = 100;

/// Why a document is not a JWK Set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// Longer than 256 KiB.
    #[error("the document is longer than 256 KiB")]
    TooLong,
    /// Not a JSON object with an array `keys`.
    #[error("the document is not a JSON object with an array \"keys\"")]
    NotAKeySet,
    /// More than 100 entries.
    #[error("the document has more than 100 keys")]
    TooManyKeys,
}

/// The usable keys of a document.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<NamedKey>,
    ignored: Vec<String>,
}

impl KeySet {
    /// Parses a document. Unusable entries are ignored, and the reasons are kept for [`KeySet::ignored`].
    ///
    /// # Errors
    /// When the document is not a JWK Set, or is too large.
    pub fn parse(document: &[u8]) -> Result<Self, JwksError> {
        if document.len() > MAX_BYTES {
            return Err(JwksError::TooLong);
        }
        let members = parse_object(document).ok_or(JwksError::NotAKeySet)?;
        let Some(Json::Array(entries)) = members.get("keys") else {
            return Err(JwksError::NotAKeySet);
        };
        if entries.len() > MAX_KEYS {
            return Err(JwksError::TooManyKeys);
        }
        let mut set = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            match jwk::parse(entry) {
                Ok(key) => set.keys.push(key),
                Err(reason) => set.ignored.push(format!("key {}: {reason}", index + 1)),
            }
        }
        Ok(set)
    }

    /// The number of usable keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is usable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Why entries were ignored, one phrase each.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Checks the signature with the keys that have the token's `kid`. For a token without a `kid` that is the
    /// only key of its algorithm; if there are several, the token is refused rather than tried with each.
    pub(in crate::auth) fn check_signature(&self, jws: &CompactJws<'_>) -> Result<(), TokenError> {
        let has_kid = jws.key_id.is_some();
        let is_candidate = |entry: &&NamedKey| {
            entry.key.is_for(&jws.algorithm) && (!has_kid || entry.kid == jws.key_id)
        };
        let candidates: Vec<&NamedKey> = self.keys.iter().filter(is_candidate).collect();
        if candidates.is_empty() || (!has_kid && candidates.len() > 1) {
            return Err(TokenError::UnknownKey(jws.key_id.clone()));
        }
        let verified = candidates.iter().any(|entry| entry.key.verifies(jws));
        if verified { Ok(()) } else { Err(TokenError::Signature) }
    }
}

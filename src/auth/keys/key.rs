//! One verification key and its algorithm. The algorithm comes from the key and never from the token, which
//! rules out algorithm confusion (RFC 8725, section 3.1).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde_json::Value;

use crate::auth::jws::CompactJws;
use crate::base::secret::Secret;

/// The message of a fingerprint. No token has it, so a fingerprint reveals no signature.
const FINGERPRINT_TEXT: &[u8] = b"taskbridge/secret-fingerprint/v1";

/// The shortest HMAC-SHA-256 key that is accepted, in bytes (RFC 7518, section 3.2).
const MIN_HMAC_KEY_BYTES: usize = 32;

/// The supported algorithms of RFC 7518 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::auth) enum JwsAlgorithm {
    Hs256,
    EdDsa,
    Es256,
    Rs256,
    Ps256,
}

impl JwsAlgorithm {
    /// The value of `alg`.
    const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    const fn in_library(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::EdDsa => Algorithm::EdDSA,
            Self::Es256 => Algorithm::ES256,
            Self::Rs256 => Algorithm::RS256,
            Self::Ps256 => Algorithm::PS256,
        }
    }
}

/// A key and the only algorithm it is used with.
pub(in crate::auth) struct VerificationKey {
    algorithm: JwsAlgorithm,
    key: DecodingKey,
}

impl VerificationKey {
    /// The caller has checked that the key's type matches the algorithm.
    pub(in crate::auth) fn new(algorithm: JwsAlgorithm, key: DecodingKey) -> Self {
        Self { algorithm, key }
    }

    /// An HMAC-SHA-256 key made of the raw UTF-8 bytes of a secret, neither decoded nor trimmed. `None` for a
    /// secret below 32 bytes.
    pub(in crate::auth) fn hs256(secret: &Secret) -> Option<Self> {
        Self::hs256_bytes(secret.expose().as_bytes())
    }

    /// As [`VerificationKey::hs256`], for a secret that need not be text.
    pub(in crate::auth) fn hs256_bytes(secret: &[u8]) -> Option<Self> {
        let long_enough = secret.len() >= MIN_HMAC_KEY_BYTES;
        long_enough.then(|| Self::new(JwsAlgorithm::Hs256, DecodingKey::from_secret(secret)))
    }

    /// As [`VerificationKey::verifies`], for a message that is not a token.
    #[cfg(test)]
    pub(in crate::auth) fn verifies_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = URL_SAFE_NO_PAD.encode(signature);
        crypto::verify(&signature, message, &self.key, self.algorithm.in_library()).unwrap_or(false)
    }

    /// Whether `algorithm`, the `alg` of a header, is exactly the name of this key's algorithm.
    pub(in crate::auth) fn is_for(&self, algorithm: &str) -> bool {
        self.algorithm.name() == algorithm
    }

    /// Whether this key made the token's signature. An error of the crypto library counts as no.
    pub(in crate::auth) fn verifies(&self, jws: &CompactJws<'_>) -> bool {
        let message = jws.signing_input.as_bytes();
        let algorithm = self.algorithm.in_library();
        crypto::verify(jws.signature, message, &self.key, algorithm).unwrap_or(false)
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerificationKey({})", self.algorithm.name())
    }
}

/// The fingerprint of a secret, for comparing the secrets of two programs without showing them: the first 8
/// hex digits of an HMAC-SHA-256 of a fixed text, keyed with the secret. It is safe to print for a random secret of
/// 32 bytes or more.
#[must_use]
pub fn fingerprint(secret: &Secret) -> String {
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    let mac = crypto::sign(FINGERPRINT_TEXT, &key, Algorithm::HS256).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(mac).unwrap_or_default();
    bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Signs a token with HS256 as the web app does, for development tools. The server itself signs nothing.
/// `None` when the crypto library fails.
#[must_use]
pub fn sign_hs256(secret: &Secret, header: &Value, payload: &Value) -> Option<String> {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(payload));
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).ok()?;
    Some(format!("{message}.{signature}"))
}

/// Whether an HS256 key of these bytes made the token's signature. This explains why a token was refused; it
/// does not make the token valid.
#[must_use]
pub fn verifies_hs256(key: &[u8], token: &str) -> bool {
    let key = VerificationKey::new(JwsAlgorithm::Hs256, DecodingKey::from_secret(key));
    CompactJws::parse(token).is_ok_and(|jws| key.is_for(&jws.algorithm) && key.verifies(&jws))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fingerprint_is_stable_short_and_differs_by_secret() {
        let of = |text: &str| fingerprint(&Secret::new(text));
        // printf taskbridge/secret-fingerprint/v1 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        assert_eq!(of("0123456789abcdef0123456789abcdef"), "ace2037c");
        assert_ne!(of("0123456789abcdef0123456789abcdeg"), of("0123456789abcdef0123456789abcdef"));
    }

    #[test]
    fn a_signed_token_verifies_with_its_key_and_no_other() {
        let secret = Secret::new("0123456789abcdef0123456789abcdef");
        let token = sign_hs256(&secret, &json!({"alg": "HS256"}), &json!({"sub": "ann"})).unwrap();
        assert!(verifies_hs256(secret.expose().as_bytes(), &token));
        assert!(!verifies_hs256(b"0123456789abcdef0123456789abcdeg", &token));
        let renamed =
            sign_hs256(&secret, &json!({"alg": "HS384"}), &json!({"sub": "ann"})).unwrap();
        assert!(!verifies_hs256(secret.expose().as_bytes(), &renamed));
    }

    #[test]
    fn debug_output_names_the_algorithm_and_no_key() {
        let key = VerificationKey::hs256(&Secret::new("0123456789abcdef0123456789abcdef"));
        assert_eq!(format!("{key:?}"), "Some(VerificationKey(HS256))");
    }
}

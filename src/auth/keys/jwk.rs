//! One entry of a JWK Set (RFC 7517), parsed into a verification key. The crypto library accepts almost
//! anything here, so every member that restricts the use of a key is checked first.

use jsonwebtoken::DecodingKey;

use super::key::{JwsAlgorithm, VerificationKey};
use crate::auth::json::{Json, Members};

/// The smallest RSA modulus that is accepted, in bytes (RFC 7518, section 3.3).
const MIN_RSA_MODULUS_BYTES: usize = 256;

/// The private members of a key (RFC 7518, section 6). Any one of them reveals the whole private key.
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// Why an entry of a JWK Set is ignored. Other entries are not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::auth) enum UnusableJwk {
    /// The entry is not a JSON object, or a member is missing or of the wrong type.
    #[error("a member is missing or has the wrong type: {0}")]
    Member(&'static str),
    /// A symmetric key, which is not secret once it is in a public document.
    #[error("symmetric keys are ignored")]
    Symmetric,
    /// The private key was published with it.
    #[error("it includes its private key")]
    Private,
    /// `use` or `key_ops` restricts it to another purpose.
    #[error("it is not meant for verifying signatures")]
    Purpose,
    /// An unsupported combination of `kty`, `crv` and `alg`.
    #[error("its kty, crv and alg are not one of EdDSA, ES256, RS256, PS256")]
    Algorithm,
    /// An RSA modulus below 2048 bits.
    #[error("an RSA key below 2048 bits")]
    TooWeak,
    /// The coordinates or the modulus are not valid.
    #[error("its key material is not valid")]
    Material,
}

/// A key of a set, and its `kid`.
#[derive(Debug)]
pub(in crate::auth) struct NamedKey {
    pub(in crate::auth) kid: Option<String>,
    pub(in crate::auth) key: VerificationKey,
}

/// Parses one entry.
pub(in crate::auth) fn parse(entry: &Json<'_>) -> Result<NamedKey, UnusableJwk> {
    let Json::Object(jwk) = entry else {
        return Err(UnusableJwk::Member("key"));
    };
    let kid = optional(jwk, "kid")?.map(str::to_owned);
    let kty = optional(jwk, "kty")?.ok_or(UnusableJwk::Member("kty"))?;
    if kty == "oct" {
        return Err(UnusableJwk::Symmetric);
    }
    if PRIVATE_MEMBERS.iter().any(|name| jwk.contains(name)) {
        return Err(UnusableJwk::Private);
    }
    check_purpose(jwk)?;
    let algorithm = algorithm(kty, optional(jwk, "crv")?, optional(jwk, "alg")?)?;
    let key = match algorithm {
        JwsAlgorithm::EdDsa => DecodingKey::from_ed_components(coordinate(jwk, "x", 32)?),
        JwsAlgorithm::Es256 => {
            DecodingKey::from_ec_components(coordinate(jwk, "x", 32)?, coordinate(jwk, "y", 32)?)
        }
        JwsAlgorithm::Rs256 | JwsAlgorithm::Ps256 => {
            DecodingKey::from_rsa_components(modulus(jwk)?, material(jwk, "e")?.0)
        }
        JwsAlgorithm::Hs256 => return Err(UnusableJwk::Symmetric),
    };
    let key = key.ok().ok_or(UnusableJwk::Material)?;
    Ok(NamedKey { kid, key: VerificationKey::new(algorithm, key) })
}

/// `alg` may be absent (RFC 7517, section 4.4). An RSA key without it is used for RS256, the common case.
fn algorithm(kty: &str, crv: Option<&str>, alg: Option<&str>) -> Result<JwsAlgorithm, UnusableJwk> {
    match (kty, crv, alg) {
        ("OKP", Some("Ed25519"), None | Some("EdDSA")) => Ok(JwsAlgorithm::EdDsa),
        ("EC", Some("P-256"), None | Some("ES256")) => Ok(JwsAlgorithm::Es256),
        ("RSA", _, None | Some("RS256")) => Ok(JwsAlgorithm::Rs256),
        ("RSA", _, Some("PS256")) => Ok(JwsAlgorithm::Ps256),
        _ => Err(UnusableJwk::Algorithm),
    }
}

fn check_purpose(jwk: &Members<'_>) -> Result<(), UnusableJwk> {
    if optional(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(UnusableJwk::Purpose);
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Json::Array(operations))
            if operations.iter().any(|entry| entry.as_str() == Some("verify")) =>
        {
            Ok(())
        }
        Some(Json::Array(_)) => Err(UnusableJwk::Purpose),
        Some(_) => Err(UnusableJwk::Member("key_ops")),
    }
}

fn optional<'a>(jwk: &'a Members<'_>, name: &'static str) -> Result<Option<&'a str>, UnusableJwk> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(UnusableJwk::Member(name)),
    }
}

/// A member with base64url key material, as text and as bytes.
fn material<'a>(
    jwk: &'a Members<'_>,
    name: &'static str,
) -> Result<(&'a str, Vec<u8>), UnusableJwk> {
    let text = optional(jwk, name)?.ok_or(UnusableJwk::Member(name))?;
    let bytes = crate::auth::jws::decode_base64url(text).ok_or(UnusableJwk::Material)?;
    if bytes.is_empty() { Err(UnusableJwk::Material) } else { Ok((text, bytes)) }
}

fn coordinate<'a>(
    jwk: &'a Members<'_>,
    name: &'static str,
    length: usize,
) -> Result<&'a str, UnusableJwk> {
    let (text, bytes) = material(jwk, name)?;
    if bytes.len() == length { Ok(text) } else { Err(UnusableJwk::Material) }
}

fn modulus<'a>(jwk: &'a Members<'_>) -> Result<&'a str, UnusableJwk> {
    let (text, bytes) = material(jwk, "n")?;
    let mut significant = bytes.iter().skip_while(|byte| **byte == 0);
    let leading = significant.next().copied().unwrap_or_default();
    let length = significant.count() + 1;
    let long_enough =
        length > MIN_RSA_MODULUS_BYTES || (length == MIN_RSA_MODULUS_BYTES && leading & 0x80 != 0);
    if long_enough { Ok(text) } else { Err(UnusableJwk::TooWeak) }
}

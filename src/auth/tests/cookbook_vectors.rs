//! The examples of RFC 7515 and RFC 8037, and those of RFC 7520 and RFC 7797 from the IETF cookbook. None of
//! them is an access token, so all are refused; they differ in the check that fails.

use serde_json::{Value, json};

use super::fixtures::{document, fetched, read_jwk, verifier, verify};
use super::vectors::read;
use crate::auth::jws::{CompactJws, decode_base64url};
use crate::auth::keys::jwk::UnusableJwk;
use crate::auth::{BearerToken, HeaderError, KeySource, TokenError};

/// The source for a key, without the private members of a public key.
fn source(key: &Value) -> KeySource {
    if key["kty"] == "oct" {
        let secret = decode_base64url(key["k"].as_str().unwrap()).unwrap();
        return KeySource::hs256_keys([&secret]);
    }
    let mut public = key.clone();
    public.as_object_mut().unwrap().retain(|name, _| {
        ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"].contains(&name.as_str())
    });
    KeySource::jwks(fetched(document(&[public])))
}

/// Why this token is refused.
fn refusal(sources: Vec<KeySource>, token: &str) -> TokenError {
    verify(&verifier(sources), token).unwrap_err()
}

/// Checks the shape and the signature alone.
fn signature(sources: Vec<KeySource>, token: &str) -> Result<(), TokenError> {
    let jws = CompactJws::parse(token)?;
    crate::auth::KeySources::new(sources).check_signature(&jws).map(|_| ())
}

#[test]
fn the_examples_of_rfc_7515_and_rfc_8037_fail_at_the_expected_check() {
    let document = read("rfc/rfc_vectors.json");
    let vectors = document["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 5);
    let mut good = Vec::new();
    for vector in vectors {
        let (id, token) = (vector["id"].as_str().unwrap(), vector["jws"].as_str().unwrap());
        let sources = || vector["jwk"].is_object().then(|| source(&vector["jwk"]));
        let verdict = signature(sources().into_iter().collect(), token);
        assert_eq!(verdict.is_ok(), vector["signature"] == "valid", "{id}");
        let expected = match id {
            "RFC7515-A.1" | "RFC7515-A.3" => TokenError::Expired { seconds: 0 },
            "RFC7515-A.5" => TokenError::Algorithm("none".to_owned()),
            "RFC8037-A.4" => TokenError::NotJsonObject("payload"),
            _ => TokenError::HeaderParameter("crit"),
        };
        let refused = match refusal(sources().into_iter().collect(), token) {
            TokenError::Expired { .. } => TokenError::Expired { seconds: 0 },
            other => other,
        };
        assert_eq!(refused, expected, "{id}");
        good.extend(verdict.is_ok().then_some(id));
    }
    assert_eq!(good, ["RFC7515-A.1", "RFC7515-A.3", "RFC8037-A.4"]);
}

#[test]
fn compact_examples_of_the_cookbook_are_verified_if_the_algorithm_is_supported() {
    for (file, expected) in [
        ("jws/4_1.rsa_v15_signature.json", Ok(())),
        ("jws/4_2.rsa-pss_signature.json", Err(TokenError::Algorithm("PS384".to_owned()))),
        ("jws/4_3.ecdsa_signature.json", Err(TokenError::Algorithm("ES512".to_owned()))),
        ("jws/4_4.hmac-sha2_integrity_protection.json", Ok(())),
        ("curve25519/jws.json", Ok(())),
    ] {
        let example = read(&format!("ietf-jose-cookbook/{file}"));
        let token = example["output"]["compact"].as_str().unwrap();
        let sources = || vec![source(&example["input"]["key"])];
        assert_eq!(signature(sources(), token), expected, "{file}");
        let refused = refusal(sources(), token);
        assert_eq!(
            refused,
            expected.err().unwrap_or(TokenError::NotJsonObject("payload")),
            "{file}"
        );
    }
}

#[test]
fn detached_content_is_refused() {
    let example = read("ietf-jose-cookbook/jws/4_5.signature_with_detached_content.json");
    let token = example["output"]["compact"].as_str().unwrap();
    assert!(token.contains(".."));
    let sources = vec![source(&example["input"]["key"])];
    assert_eq!(refusal(sources, token), TokenError::Signature);
}

#[test]
fn an_unencoded_payload_is_refused_before_any_key_is_used() {
    let example = read("ietf-jose-cookbook/rfc7797/hmac-sha2_b64_false.json");
    let token = example["output"]["compact"].as_str().unwrap();
    assert_eq!(BearerToken::parse(token).err(), Some(HeaderError::NotB64Token));
    let refused = CompactJws::parse(token).err();
    assert_eq!(refused, Some(TokenError::HeaderParameter("crit")));
}

#[test]
fn json_serialisations_are_refused() {
    let mut seen = 0;
    for file in [
        "jws/4_1.rsa_v15_signature.json",
        "jws/4_2.rsa-pss_signature.json",
        "jws/4_3.ecdsa_signature.json",
        "jws/4_4.hmac-sha2_integrity_protection.json",
        "jws/4_5.signature_with_detached_content.json",
        "jws/4_6.protecting_specific_header_fields.json",
        "jws/4_7.protecting_content_only.json",
        "jws/4_8.multiple_signatures.json",
        "rfc7797/4.2.hmac-sha2_b64_false.json",
        "rfc7797/hmac-sha2_b64_false.json",
        "curve25519/jws.json",
    ] {
        let example = read(&format!("ietf-jose-cookbook/{file}"));
        for form in ["json", "json_flat"] {
            let Some(value) = example["output"].get(form) else { continue };
            let token = value.to_string();
            assert_eq!(BearerToken::parse(&token).err(), Some(HeaderError::NotB64Token), "{file}");
            assert!(CompactJws::parse(&token).is_err(), "{file}");
            seen += 1;
        }
    }
    assert_eq!(seen, 21);
}

#[test]
fn keys_of_the_cookbook_are_accepted_or_ignored_for_the_right_reason() {
    for (file, expected) in [
        ("3_1.ec_public_key.json", Some(UnusableJwk::Algorithm)),
        ("3_2.ec_private_key.json", Some(UnusableJwk::Private)),
        ("3_3.rsa_public_key.json", None),
        ("3_4.rsa_private_key.json", Some(UnusableJwk::Private)),
        ("3_5.symmetric_key_mac_computation.json", Some(UnusableJwk::Symmetric)),
        ("3_6.symmetric_key_encryption.json", Some(UnusableJwk::Symmetric)),
    ] {
        let key = read(&format!("ietf-jose-cookbook/jwk/{file}"));
        assert_eq!(read_jwk(&key).err(), expected, "{file}");
    }
    assert_eq!(read_jwk(&json!(null)).err(), Some(UnusableJwk::Member("key")));
}

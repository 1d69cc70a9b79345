//! A whole JWK Set: which documents are refused, which entries are ignored, and which key a token selects.

use serde_json::{Value, json};

use super::fixtures::{SIGNERS, Signer, claims, document, with};
use crate::auth::jws::CompactJws;
use crate::auth::{JwksError, KeySet, TokenError};

fn signer(algorithm: &str) -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.algorithm == algorithm).unwrap()
}

fn check(entries: &[Value], token: &str) -> Result<(), TokenError> {
    let set = KeySet::parse(&document(entries)).unwrap();
    set.check_signature(&CompactJws::parse(token).unwrap())
}

/// A token whose header has this `kid`, or none.
fn token(signer: &Signer, kid: Option<&str>) -> String {
    let header = with(signer.header(), json!({ "kid": kid }));
    signer.token_of(header.to_string(), claims("u").to_string())
}

#[test]
fn an_unusable_key_does_not_affect_the_others() {
    let good: Vec<Value> = SIGNERS.iter().skip(1).map(Signer::jwk).collect();
    for bad in [
        json!(null),
        json!({}),
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kty": "EC", "crv": "P-521", "x": "AAAA", "y": "AAAA"}),
        json!({"kty": "RSA", "n": "AAAA", "e": "AQAB"}),
        with(signer("EdDSA").jwk(), json!({"use": "enc"})),
        with(signer("ES256").jwk(), json!({"d": "AAAA"})),
    ] {
        for place in [0, 2, 4] {
            let mut entries = good.clone();
            entries.insert(place, bad.clone());
            let set = KeySet::parse(&document(&entries)).unwrap();
            assert_eq!((set.len(), set.is_empty(), set.ignored().len()), (4, false, 1), "{bad}");
            let start = format!("key {}: ", place + 1);
            assert!(set.ignored()[0].starts_with(&start), "{:?}", set.ignored());
            for signer in SIGNERS.iter().skip(1) {
                assert_eq!(check(&entries, &signer.token(&claims("u"))), Ok(()), "{bad}");
            }
        }
    }
}

#[test]
fn the_reason_for_ignoring_a_key_never_contains_key_material() {
    let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I";
    let entries = [
        json!({"kty": "oct", "k": secret}),
        with(signer("EdDSA").jwk(), json!({ "d": secret })),
        with(signer("EdDSA").jwk(), json!({ "alg": secret })),
    ];
    let set = KeySet::parse(&document(&entries)).unwrap();
    assert_eq!((set.len(), set.ignored().len()), (0, 3));
    assert!(!format!("{set:?}").contains(secret));
}

#[test]
fn up_to_100_keys_are_accepted() {
    let of = |count: usize| document(&vec![signer("EdDSA").jwk(); count]);
    assert_eq!(KeySet::parse(&of(100)).unwrap().len(), 100);
    assert_eq!(KeySet::parse(&of(101)).unwrap_err(), JwksError::TooManyKeys);
    let unusable = document(&vec![json!({}); 101]);
    assert_eq!(KeySet::parse(&unusable).unwrap_err(), JwksError::TooManyKeys);
}

#[test]
fn up_to_256_kib_are_accepted() {
    let padded = |length: usize| {
        let mut bytes = document(&[signer("EdDSA").jwk()]);
        bytes.resize(length, b' ');
        bytes
    };
    assert_eq!(KeySet::parse(&padded(256 * 1024)).unwrap().len(), 1);
    assert_eq!(KeySet::parse(&padded(256 * 1024 + 1)).unwrap_err(), JwksError::TooLong);
}

#[test]
fn a_document_without_an_array_of_keys_is_refused() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "\"keys\"",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":"[]"}"#,
        r#"{"Keys":[]}"#,
        r#"{"keys":[]"#,
        r#"{"keys":[]}{}"#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[{"kty":"OKP","kty":"EC"}]}"#,
        "<!doctype html><title>404</title>",
        "\u{feff}{\"keys\":[]}",
    ] {
        assert_eq!(KeySet::parse(text.as_bytes()).unwrap_err(), JwksError::NotAKeySet, "{text}");
    }
    assert_eq!(KeySet::parse(b"{\"keys\":[\"\xff\"]}").unwrap_err(), JwksError::NotAKeySet);
    let empty = KeySet::parse(br#"{"keys":[],"issuer":"x"}"#).unwrap();
    assert_eq!((empty.len(), empty.is_empty()), (0, true));
}

#[test]
fn a_kid_selects_its_own_key_only() {
    let other = Signer::new("EdDSA");
    let ours = signer("EdDSA");
    let entries = [with(other.jwk(), json!({"kid": "old"})), ours.jwk()];
    assert_eq!(check(&entries, &token(ours, Some("EdDSA"))), Ok(()));
    assert_eq!(check(&entries, &token(&other, Some("old"))), Ok(()));
    assert_eq!(check(&entries, &token(ours, Some("old"))), Err(TokenError::Signature));
    for kid in ["", "eddsa", "EdDSA ", "OLD", "new"] {
        let unknown = TokenError::UnknownKey(Some(kid.to_owned()));
        assert_eq!(check(&entries, &token(ours, Some(kid))), Err(unknown), "{kid:?}");
    }
}

#[test]
fn a_token_without_a_kid_needs_the_only_key_of_its_algorithm() {
    let all: Vec<Value> = SIGNERS.iter().skip(1).map(Signer::jwk).collect();
    for signer in SIGNERS.iter().skip(1) {
        assert_eq!(check(&all, &token(signer, None)), Ok(()), "{}", signer.algorithm);
    }
    let other = Signer::new("ES256");
    assert_eq!(check(&all, &token(&other, None)), Err(TokenError::Signature));
    let two = [signer("ES256").jwk(), other.jwk()];
    for signer in [signer("ES256"), &other] {
        assert_eq!(check(&two, &token(signer, None)), Err(TokenError::UnknownKey(None)));
    }
}

#[test]
fn a_key_without_a_kid_verifies_only_tokens_without_one() {
    let nameless = [with(signer("EdDSA").jwk(), json!({"kid": null}))];
    assert_eq!(check(&nameless, &token(signer("EdDSA"), None)), Ok(()));
    let named = token(signer("EdDSA"), Some("EdDSA"));
    let unknown = TokenError::UnknownKey(Some("EdDSA".to_owned()));
    assert_eq!(check(&nameless, &named), Err(unknown));
}

#[test]
fn two_keys_with_the_same_kid_are_both_tried() {
    let other = Signer::new("EdDSA");
    for entries in [[signer("EdDSA").jwk(), other.jwk()], [other.jwk(), signer("EdDSA").jwk()]] {
        assert_eq!(check(&entries, &token(signer("EdDSA"), Some("EdDSA"))), Ok(()));
        let third = Signer::new("EdDSA");
        let refused = check(&entries, &token(&third, Some("EdDSA")));
        assert_eq!(refused, Err(TokenError::Signature));
    }
}

#[test]
fn an_empty_set_has_no_key_for_any_token() {
    let unknown = TokenError::UnknownKey(Some("EdDSA".to_owned()));
    assert_eq!(check(&[], &signer("EdDSA").token(&claims("u"))), Err(unknown));
}

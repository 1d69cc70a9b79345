//! Only the secret's holder can make a token, and a token has exactly one spelling.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use rstest::rstest;
use taskbridge::auth::{AuthError, BearerToken, TokenError, TokenVerifier};

use super::{user_of, verifier};
use crate::support::TokenBuilder;
use crate::support::tokens::{SECRET, sign};

/// Whether these bytes are accepted as a token in a request. They need not be text.
fn accepted(verifier: &TokenVerifier, token: &[u8]) -> bool {
    let Ok(value) = HeaderValue::from_bytes(&[b"Bearer ", token].concat()) else { return false };
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, value);
    let bearer = BearerToken::from_headers(&headers);
    bearer.is_ok_and(|bearer| verifier.verify(bearer).is_ok())
}

#[test]
fn a_valid_token_is_accepted() {
    assert_eq!(user_of(&verifier(), &TokenBuilder::valid("alice").build()), Ok("alice".into()));
}

#[test]
fn a_token_with_any_flipped_bit_is_refused() {
    let verifier = verifier();
    let token = TokenBuilder::valid("alice").build().into_bytes();
    assert!(accepted(&verifier, &token));
    for position in 0..token.len() {
        for bit in 0..8 {
            let mut flipped = token.clone();
            flipped[position] ^= 1 << bit;
            assert!(!accepted(&verifier, &flipped), "byte {position}, bit {bit}");
        }
    }
}

#[test]
fn a_mac_with_any_flipped_bit_is_refused() {
    let verifier = verifier();
    let input = TokenBuilder::valid("alice").signing_input();
    let token = TokenBuilder::valid("alice").build();
    let mac = URL_SAFE_NO_PAD.decode(token.rsplit('.').next().unwrap()).unwrap();
    assert_eq!(mac.len(), 32);
    for bit in 0..256 {
        let mut flipped = mac.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(flipped));
        assert_eq!(user_of(&verifier, &token), Err(TokenError::Signature.into()), "bit {bit}");
    }
}

/// The last character of a part has unused bits. A decoder that ignores them accepts several spellings of one
/// token, which defeats caches and revocation lists.
#[rstest]
#[case::header(0)]
#[case::payload(1)]
#[case::signature(2)]
fn the_unused_bits_at_the_end_of_a_part_must_be_zero(#[case] part: usize) {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=~.";
    let verifier = verifier();
    // Three lengths of user id, so that each part ends in every possible way.
    for user in ["a", "ab", "abc"] {
        let token = TokenBuilder::valid(user).header("kid", user).build();
        let parts: Vec<&str> = token.split('.').collect();
        let spellings = ALPHABET.chars().filter(|last| {
            let mut parts: Vec<String> = parts.iter().map(|&part| part.to_owned()).collect();
            parts[part].pop();
            parts[part].push(*last);
            user_of(&verifier, &parts.join(".")).is_ok()
        });
        assert_eq!(spellings.count(), 1, "{token}");
    }
}

#[test]
fn a_token_cut_short_or_made_longer_is_refused() {
    let verifier = verifier();
    let token = TokenBuilder::valid("alice").build();
    for end in 0..token.len() {
        assert!(!accepted(&verifier, &token.as_bytes()[..end]), "{end} bytes");
    }
    for suffix in ["=", "==", "A", "AA", "AAA", "AAAA", ".", "..", ".e30", "~", "+"] {
        assert!(!accepted(&verifier, format!("{token}{suffix}").as_bytes()), "{suffix}");
    }
    for prefix in [".", "A", "e30.", "="] {
        assert!(!accepted(&verifier, format!("{prefix}{token}").as_bytes()), "{prefix}");
    }
}

#[test]
fn a_token_has_exactly_three_parts() {
    let (verifier, token) = (verifier(), TokenBuilder::valid("alice").build());
    let [header, payload, mac] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    for (text, error) in [
        (format!("{header}.{payload}"), TokenError::PartCount(2)),
        (format!("{header}.{payload}."), TokenError::Signature),
        (format!("{header}..{mac}"), TokenError::Signature),
        (format!("{header}.{payload}..{mac}"), TokenError::PartCount(4)),
        (format!("{header}.{payload}.{mac}.{mac}"), TokenError::PartCount(4)),
        (format!("{header}.{payload}.{mac}.{mac}.{mac}"), TokenError::Encrypted),
        (format!("{header}....{mac}"), TokenError::Encrypted),
    ] {
        assert_eq!(user_of(&verifier, &text), Err(error.into()), "{text}");
    }
    assert!(user_of(&verifier, &format!(".{payload}.{mac}")).is_err());
}

#[test]
fn a_signature_is_valid_for_its_own_header_and_payload_only() {
    let verifier = verifier();
    let (alice, mallory) =
        (TokenBuilder::valid("alice").build(), TokenBuilder::valid("mallory").build());
    let alice: Vec<&str> = alice.split('.').collect();
    let mallory: Vec<&str> = mallory.split('.').collect();
    for spliced in [
        format!("{}.{}.{}", mallory[0], alice[1], mallory[2]),
        format!("{}.{}.{}", alice[1], alice[0], alice[2]),
        format!("{}.{}.{}", alice[0], alice[1], alice[1]),
    ] {
        assert!(user_of(&verifier, &spliced).is_err(), "{spliced}");
    }
}

#[test]
fn a_token_signed_with_another_secret_is_refused() {
    let verifier = verifier();
    let mut close = SECRET.as_bytes().to_vec();
    close[0] ^= 1;
    for secret in [
        b"".to_vec(),
        close,
        SECRET[1..].into(),
        SECRET[..SECRET.len() - 1].into(),
        format!("{SECRET}\n").into(),
        format!(" {SECRET}").into(),
        SECRET.to_uppercase().into(),
        STANDARD.encode(SECRET).into(),
        b"better-auth-secret-12345678901234567890".to_vec(),
        b"secret".to_vec(),
        vec![0; 32],
    ] {
        let token = TokenBuilder::valid("alice").secret(secret.clone()).build();
        let refusal: Result<String, AuthError> = Err(TokenError::Signature.into());
        assert_eq!(user_of(&verifier, &token), refusal, "{}", String::from_utf8_lossy(&secret));
    }
}

#[test]
fn a_secret_that_looks_like_base64_is_not_decoded() {
    let text = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    let verifier = super::verifier_with(&[("BETTER_AUTH_SECRET", text)]);
    let input = TokenBuilder::valid("alice").signing_input();
    assert!(user_of(&verifier, &sign(&input, text.as_bytes(), Algorithm::HS256)).is_ok());
    let decoded = STANDARD.decode(text).unwrap();
    assert!(user_of(&verifier, &sign(&input, &decoded, Algorithm::HS256)).is_err());
}

//! The cache of verified tokens never changes a decision: neither after a token has expired nor after its key
//! was removed.

use std::time::Duration;

use actix_web::rt::Runtime;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::endpoint::{Endpoint, HOUR, wait_until};
use super::fixtures::{NOW, SECRET, SIGNERS, Signer, VERIFIER, claims, verifier, verify, with};
use crate::Secret;
use crate::auth::{BearerToken, JwksTiming, KeySource, TokenError, TokenVerifier};

fn signer(algorithm: &str) -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.algorithm == algorithm).unwrap()
}

fn shared() -> TokenVerifier {
    verifier(vec![KeySource::shared_secrets([&Secret::new(SECRET)])])
}

fn verify_at(verifier: &TokenVerifier, token: &str, now: i64) -> Result<String, TokenError> {
    let user = verifier.verify_at(BearerToken::parse(token).unwrap(), now)?;
    Ok(user.claims().members().values().map(Value::to_string).collect())
}

#[test]
fn verified_tokens_are_cached_and_refused_ones_are_not() {
    let verifier = shared();
    let good = signer("HS256").token(&claims("u"));
    for _ in 0..3 {
        verify(&verifier, &good).unwrap();
        assert_eq!(verifier.cached(), 1);
    }
    let other_issuer = json!({"iss": "https://evil.example"});
    for bad in [
        signer("HS256").token(&with(claims("u"), other_issuer)),
        signer("HS256").token(&with(claims("u"), json!({"exp": NOW - 31}))),
        format!("{}A", &good[..good.len() - 1]),
        format!("{good}A"),
    ] {
        assert!(verify(&verifier, &bad).is_err(), "{bad}");
        assert_eq!(verifier.cached(), 1);
    }
}

#[test]
fn a_cached_token_expires_at_the_same_second_as_any_other() {
    for signer in SIGNERS.iter() {
        let token = signer.token(&with(claims("u"), json!({"exp": NOW + 900, "nbf": NOW})));
        for (now, good) in [
            (NOW, true),
            (NOW + 929, true),
            (NOW + 930, false),
            (NOW + 929, true),
            (NOW - 30, true),
            (NOW - 31, false),
            (i64::MAX, false),
            (i64::MIN, false),
        ] {
            let verdict = verify_at(&VERIFIER, &token, now);
            assert_eq!(verdict.is_ok(), good, "{} at {now}: {verdict:?}", signer.algorithm);
        }
    }
}

proptest! {
    /// Whatever the clock says, and even if it goes backwards: a verifier that has cached the token returns the
    /// same result as a new one.
    #[test]
    fn the_cache_changes_no_result(
        exp in -50_i64..50,
        nbf in proptest::option::of(-50_i64..50),
        iat in proptest::option::of(-50_i64..50),
        clock in proptest::collection::vec(-100_i64..100, 1..20),
    ) {
        let token = signer("HS256").token(&with(
            claims("u"),
            json!({"exp": NOW + exp, "nbf": nbf.map(|s| NOW + s), "iat": iat.map(|s| NOW + s)}),
        ));
        let caching = shared();
        for now in clock {
            let fresh = verify_at(&shared(), &token, NOW + now);
            prop_assert_eq!(verify_at(&caching, &token, NOW + now), fresh);
        }
    }
}

#[test]
fn the_tokens_of_a_removed_key_leave_the_cache() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk(), signer("ES256").jwk()]);
    let on_demand =
        JwksTiming { refresh: HOUR, cooldown: Duration::from_millis(5), max_stale: HOUR };
    let cache = endpoint.cache(on_demand);
    let verifier = verifier(vec![
        KeySource::shared_secrets([&Secret::new(SECRET)]),
        KeySource::jwks(cache.clone()),
    ]);
    let token = |algorithm| signer(algorithm).token(&claims("u"));
    for algorithm in ["EdDSA", "ES256", "HS256"] {
        verify(&verifier, &token(algorithm)).unwrap();
    }
    let es256 = token("ES256");
    // A second token, because an ECDSA signature differs every time.
    verify(&verifier, &es256).unwrap();
    assert_eq!(verifier.cached(), 4);
    endpoint.publish(&[signer("EdDSA").jwk()]);
    let fetches = endpoint.fetches();
    let runtime = Runtime::new().unwrap();
    wait_until("the set was fetched again", || {
        runtime.block_on(cache.refresh());
        endpoint.fetches() > fetches && !cache.is_fetching()
    });
    assert_eq!(verify(&verifier, &es256).err(), Some(TokenError::UnknownKey(Some("ES256".into()))));
    assert_eq!(verifier.cached(), 1, "the token of the shared secret is still cached");
    verify(&verifier, &token("EdDSA")).unwrap();
}

#[test]
fn a_cached_token_is_refused_once_its_key_set_is_too_old() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
    let short = Duration::from_millis(200);
    let cache = endpoint.cache(JwksTiming { refresh: HOUR, cooldown: HOUR, max_stale: short });
    let verifier = verifier(vec![KeySource::jwks(cache.clone())]);
    let token = signer("EdDSA").token(&claims("u"));
    wait_until("the set is too old", || {
        let verdict = verify(&verifier, &token);
        let refused = matches!(verdict, Err(TokenError::KeysNotLoaded { .. }));
        assert!(verdict.is_ok() || refused, "{verdict:?}");
        refused
    });
    assert!(!cache.is_ready());
    assert_eq!(verifier.cached(), 0);
}

#[test]
fn the_memory_of_the_cache_is_bounded() {
    let verifier = shared();
    let padding = "x".repeat(5000);
    for number in 0..3000 {
        let user = format!("user-{number}");
        let token = signer("HS256").token(&with(claims(&user), json!({"padding": padding})));
        assert_eq!(verify(&verifier, &token).unwrap().user_id().as_str(), user);
    }
    // 16 MiB hold this many tokens of 6,800 bytes with 5,100 bytes of claims.
    assert!((500..=1400).contains(&verifier.cached()), "{}", verifier.cached());
}

//! What is remembered of a token changes no answer: not when its time is over, not when its key leaves.

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

fn outcome(verifier: &TokenVerifier, token: &str, now: i64) -> Result<String, TokenError> {
    let user = verifier.verify_at(BearerToken::parse(token).unwrap(), now)?;
    Ok(user.claims().members().values().map(Value::to_string).collect())
}

#[test]
fn a_verified_token_is_remembered_and_a_refused_one_is_not() {
    let verifier = shared();
    let good = signer("HS256").token(&claims("u"));
    for _ in 0..3 {
        verify(&verifier, &good).unwrap();
        assert_eq!(verifier.remembered(), 1);
    }
    let stranger = json!({"iss": "https://evil.example"});
    for bad in [
        signer("HS256").token(&with(claims("u"), stranger)),
        signer("HS256").token(&with(claims("u"), json!({"exp": NOW - 31}))),
        format!("{}A", &good[..good.len() - 1]),
        format!("{good}A"),
    ] {
        assert!(verify(&verifier, &bad).is_err(), "{bad}");
        assert_eq!(verifier.remembered(), 1);
    }
}

#[test]
fn every_algorithm_is_refused_at_the_very_second_its_time_is_over() {
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
            let verdict = outcome(&VERIFIER, &token, now);
            assert_eq!(verdict.is_ok(), good, "{} at {now}: {verdict:?}", signer.algorithm);
        }
    }
}

proptest! {
    /// The clock may go anywhere, backwards too: a verifier that knows the token says what one that
    /// never saw it says, word for word.
    #[test]
    fn what_is_remembered_changes_no_answer(
        exp in -50_i64..50,
        nbf in proptest::option::of(-50_i64..50),
        iat in proptest::option::of(-50_i64..50),
        clock in proptest::collection::vec(-100_i64..100, 1..20),
    ) {
        let token = signer("HS256").token(&with(
            claims("u"),
            json!({"exp": NOW + exp, "nbf": nbf.map(|s| NOW + s), "iat": iat.map(|s| NOW + s)}),
        ));
        let knowing = shared();
        for now in clock {
            let fresh = outcome(&shared(), &token, NOW + now);
            prop_assert_eq!(outcome(&knowing, &token, NOW + now), fresh);
        }
    }
}

#[test]
fn the_tokens_of_a_key_leave_with_it() {
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
    assert_eq!(verifier.remembered(), 4);
    endpoint.publish(&[signer("EdDSA").jwk()]);
    let fetches = endpoint.fetches();
    let runtime = Runtime::new().unwrap();
    wait_until("the set was fetched anew", || {
        runtime.block_on(cache.refresh());
        endpoint.fetches() > fetches && !cache.is_fetching()
    });
    assert_eq!(verify(&verifier, &es256).err(), Some(TokenError::UnknownKey(Some("ES256".into()))));
    assert_eq!(verifier.remembered(), 1, "the secret is still there");
    verify(&verifier, &token("EdDSA")).unwrap();
}

#[test]
fn a_set_that_is_too_old_serves_no_remembered_token_either() {
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
    assert_eq!(verifier.remembered(), 0);
}

#[test]
fn however_many_tokens_there_are_their_number_is_bounded() {
    let verifier = shared();
    let padding = "x".repeat(5000);
    for number in 0..3000 {
        let user = format!("user-{number}");
        let token = signer("HS256").token(&with(claims(&user), json!({"padding": padding})));
        assert_eq!(verify(&verifier, &token).unwrap().user_id().as_str(), user);
    }
    // 16 MiB, a token of 6,800 characters and its 5,100 of claims.
    assert!((500..=1400).contains(&verifier.remembered()), "{}", verifier.remembered());
}

//! A token whose key the set does not have: what is said, and when it may be said.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::Runtime;
use serde_json::json;

use super::endpoint::{DEADLINE, Endpoint, HOUR, wait_until};
use super::fixtures::{NOW, SIGNERS, Signer, claims, verifier, with};
use crate::auth::{BearerToken, JwksCache, JwksTiming, KeySource, TokenError};

const SHORT: Duration = Duration::from_millis(1);
const LONG_COOLDOWN: JwksTiming = JwksTiming { refresh: HOUR, cooldown: HOUR, max_stale: HOUR };
const NO_COOLDOWN: JwksTiming = JwksTiming { refresh: HOUR, cooldown: SHORT, max_stale: HOUR };

fn ed() -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.algorithm == "EdDSA").unwrap()
}

/// A valid token of another key than the one that [`ed`] publishes.
fn newer() -> String {
    let payload = with(claims("u"), json!({"exp": 2 * NOW})).to_string();
    ed().token_of(with(ed().header(), json!({"kid": "newer"})).to_string(), payload)
}

/// What a request with this token gets that has asked for newer keys.
fn verdict(cache: &Arc<JwksCache>, token: &str) -> Result<(), TokenError> {
    let verifier = verifier(vec![KeySource::jwks(Arc::clone(cache))]);
    let verified = verifier.refresh_and_verify(BearerToken::parse(token).unwrap());
    Runtime::new().unwrap().block_on(verified).map(|_| ())
}

fn is_undecided(verdict: &Result<(), TokenError>) -> bool {
    matches!(verdict, Err(TokenError::KeyNotFetched { .. }))
}

#[test]
fn during_the_cooldown_nothing_is_decided_and_the_rest_of_it_is_named() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cache = endpoint.cache(LONG_COOLDOWN);
    let Err(TokenError::KeyNotFetched { retry_after_seconds }) = verdict(&cache, &newer()) else {
        panic!("it was decided without a fetch");
    };
    // The whole cooldown, because a set is loaded.
    assert!((3500..=3600).contains(&retry_after_seconds), "{retry_after_seconds}");
    assert_eq!(endpoint.fetches(), 1);
}

#[test]
fn a_key_that_a_fetch_of_its_own_does_not_find_is_unknown() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cache = endpoint.cache(NO_COOLDOWN);
    std::thread::sleep(2 * SHORT);
    assert_eq!(verdict(&cache, &newer()), Err(TokenError::UnknownKey(Some("newer".into()))));
    assert_eq!(endpoint.fetches(), 2);
}

#[test]
fn a_fetch_that_fails_or_lists_no_key_decides_nothing() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cache = endpoint.cache(NO_COOLDOWN);
    let failures: [&dyn Fn(); 2] = [&|| endpoint.publish(&[]), &|| endpoint.break_down()];
    for fail in failures {
        fail();
        std::thread::sleep(2 * SHORT);
        let before = endpoint.fetches();
        assert!(is_undecided(&verdict(&cache, &newer())));
        assert!(endpoint.fetches() > before);
        assert!(cache.is_ready(), "the last good keys stay");
    }
}

#[test]
fn a_fetch_that_began_before_the_token_came_decides_nothing() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cache = endpoint.cache(NO_COOLDOWN);
    endpoint.hang();
    std::thread::sleep(2 * SHORT);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| verdict(&cache, &newer()));
        wait_until("the first one's fetch has begun", || endpoint.fetches() == 2);
        let second = scope.spawn(|| verdict(&cache, &newer()));
        // Both wait, each with a place of its own.
        wait_until("both wait", || cache.waiting() == 2);
        endpoint.go_on();
        assert!(matches!(first.join().unwrap(), Err(TokenError::UnknownKey(_))));
        assert!(is_undecided(&second.join().unwrap()));
    });
}

#[test]
fn a_rotation_signs_out_no_user_although_a_stranger_uses_up_every_fetch() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cooldown = Duration::from_millis(20);
    let cache = endpoint.cache(JwksTiming { cooldown, ..NO_COOLDOWN });
    let junk = ed().token_of(with(ed().header(), json!({"kid": "junk"})).to_string(), "{}");
    for round in 0..20 {
        // The stranger takes this cooldown's fetch, and only then the web app rotates its key.
        let begun = std::time::Instant::now();
        while is_undecided(&verdict(&cache, &junk)) {
            assert!(begun.elapsed() < DEADLINE, "no fetch");
        }
        let kid = json!({"kid": format!("round-{round}")});
        endpoint.publish(&[with(ed().jwk(), kid.clone())]);
        let payload = with(claims("u"), json!({"exp": 2 * NOW})).to_string();
        let token = ed().token_of(with(ed().header(), kid).to_string(), payload);
        loop {
            match verdict(&cache, &token) {
                Ok(()) => break,
                refused => assert!(is_undecided(&refused), "signed out: {refused:?}"),
            }
            assert!(begun.elapsed() < DEADLINE, "the new key never came");
            let _ = verdict(&cache, &junk);
        }
    }
}

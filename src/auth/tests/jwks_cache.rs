//! The key cache with every kind of endpoint: rotating, failing and empty.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::Runtime;
use serde_json::{Value, json};

use super::endpoint::{Endpoint, HOUR, wait_until};
use super::fixtures::{NOW, SIGNERS, Signer, claims, verifier, with};
use crate::auth::jws::CompactJws;
use crate::auth::{BearerToken, JwksCache, JwksTiming, KeySource, TokenError};

/// One fetch at the start, and none after it.
const ONCE: JwksTiming = JwksTiming { refresh: HOUR, cooldown: HOUR, max_stale: HOUR };

/// One fetch at the start, and further ones only for requests.
const ON_DEMAND: JwksTiming =
    JwksTiming { refresh: HOUR, cooldown: Duration::from_millis(5), max_stale: HOUR };

fn signer(algorithm: &str) -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.algorithm == algorithm).unwrap()
}

fn check(cache: &JwksCache, signer: &Signer) -> Result<(), TokenError> {
    let token = signer.token(&claims("u"));
    cache.check_signature(&CompactJws::parse(&token).unwrap()).map(|_| ())
}

fn unknown(kid: &str) -> Result<(), TokenError> {
    Err(TokenError::UnknownKey(Some(kid.to_owned())))
}

/// Requests fetches until `is_true`.
fn refresh_until(what: &str, cache: &Arc<JwksCache>, is_true: impl Fn() -> bool) {
    let runtime = Runtime::new().unwrap();
    wait_until(what, || {
        runtime.block_on(cache.refresh());
        is_true()
    });
}

#[test]
fn no_token_is_judged_before_the_first_successful_fetch() {
    let endpoint = Endpoint::broken();
    let cache = endpoint.cache(ONCE);
    for signer in SIGNERS.iter().skip(1) {
        let verdict = check(&cache, signer);
        assert!(matches!(verdict, Err(TokenError::KeysNotLoaded { .. })), "{}", signer.algorithm);
    }
    assert!(!cache.is_ready());
}

#[test]
fn before_the_first_success_it_is_tried_again_long_before_the_cooldown_ends() {
    for endpoint in [Endpoint::broken(), Endpoint::with(&[])] {
        // An hour for the cooldown: only the shorter ones before the first success can bring the keys.
        let cache = endpoint.cache(ONCE);
        let Err(TokenError::KeysNotLoaded { retry_after_seconds: 1 }) =
            check(&cache, signer("EdDSA"))
        else {
            panic!("half a second is announced as one");
        };
        endpoint.publish(&[signer("EdDSA").jwk()]);
        wait_until("the keys are there", || cache.is_ready());
        assert_eq!(check(&cache, signer("EdDSA")), Ok(()));
    }
}

#[test]
fn the_very_first_request_waits_for_the_first_fetch() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
    let cache = JwksCache::start(endpoint.fetcher().0, ONCE).unwrap();
    let verifier = verifier(vec![KeySource::jwks(cache)]);
    let token = signer("EdDSA").token(&with(claims("u"), json!({"exp": 2 * NOW})));
    let token = BearerToken::parse(&token).unwrap();
    let user = Runtime::new().unwrap().block_on(verifier.refresh_and_verify(token)).unwrap();
    assert_eq!(user.user_id().as_str(), "u");
}

#[test]
fn an_empty_set_counts_as_none_and_is_fetched_again() {
    for entries in [vec![], vec![json!({"kty": "oct", "k": "AAAA"})]] {
        let endpoint = Endpoint::with(&entries);
        let cache = endpoint.cache(JwksTiming { cooldown: Duration::from_millis(5), ..ONCE });
        assert!(!cache.is_ready());
        assert!(matches!(check(&cache, signer("EdDSA")), Err(TokenError::KeysNotLoaded { .. })));
        endpoint.publish(&[signer("EdDSA").jwk()]);
        // Without a request: the thread itself repeats the fetch after each cooldown.
        wait_until("the keys are there", || cache.is_ready());
        assert_eq!(check(&cache, signer("EdDSA")), Ok(()));
    }
}

#[test]
fn a_failed_first_fetch_is_repeated_without_a_request() {
    let endpoint = Endpoint::broken();
    let cache = endpoint.cache(JwksTiming { cooldown: Duration::from_millis(5), ..ONCE });
    wait_until("it was tried three times", || endpoint.fetches() >= 3);
    endpoint.publish(&[signer("ES256").jwk()]);
    wait_until("the keys are there", || check(&cache, signer("ES256")) == Ok(()));
}

#[test]
fn the_set_is_fetched_again_at_every_interval() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
    let short = Duration::from_millis(5);
    let cache = endpoint.cache(JwksTiming { refresh: short, cooldown: short, max_stale: HOUR });
    wait_until("it was fetched four times", || endpoint.fetches() >= 4);
    endpoint.publish(&[signer("ES256").jwk()]);
    wait_until("the new key works", || check(&cache, signer("ES256")) == Ok(()));
    assert_eq!(check(&cache, signer("EdDSA")), unknown("EdDSA"));
}

#[test]
fn a_good_set_is_not_fetched_again_before_the_interval_ends() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
    let cache = endpoint.cache(ON_DEMAND);
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!((endpoint.fetches(), cache.is_ready()), (1, true));
}

#[test]
fn a_new_key_works_once_a_request_has_asked_for_it() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
    let cache = endpoint.cache(ON_DEMAND);
    assert_eq!(check(&cache, signer("ES256")), unknown("ES256"));
    endpoint.publish(&[signer("EdDSA").jwk(), signer("ES256").jwk()]);
    refresh_until("the new key works", &cache, || check(&cache, signer("ES256")) == Ok(()));
    assert_eq!(check(&cache, signer("EdDSA")), Ok(()));
}

#[test]
fn a_removed_key_stops_working_with_the_next_successful_fetch() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk(), signer("ES256").jwk()]);
    let cache = endpoint.cache(ON_DEMAND);
    endpoint.publish(&[signer("EdDSA").jwk()]);
    assert_eq!(check(&cache, signer("ES256")), Ok(()), "not fetched yet");
    refresh_until("the key is gone", &cache, || check(&cache, signer("ES256")) != Ok(()));
    assert_eq!(check(&cache, signer("ES256")), unknown("ES256"));
    assert_eq!(check(&cache, signer("EdDSA")), Ok(()));
}

#[test]
fn a_set_without_a_usable_key_replaces_no_good_one() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
    let cache = endpoint.cache(ON_DEMAND);
    for entries in [vec![], vec![json!({"kty": "oct", "k": "AAAA"})]] {
        endpoint.publish(&entries);
        let before = endpoint.fetches();
        refresh_until("it was fetched twice", &cache, || endpoint.fetches() > before + 1);
        assert_eq!(check(&cache, signer("EdDSA")), Ok(()));
    }
    // They do not count as fresh either: the limit for keys that cannot be fetched holds.
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
    let stale = Duration::from_millis(200);
    let cache = endpoint.cache(JwksTiming { max_stale: stale, ..ON_DEMAND });
    endpoint.publish(&[]);
    refresh_until("the keys are too old", &cache, || !cache.is_ready());
    assert!(matches!(check(&cache, signer("EdDSA")), Err(TokenError::KeysNotLoaded { .. })));
}

#[test]
fn known_keys_keep_working_while_the_endpoint_is_down() {
    let entries: Vec<Value> = SIGNERS.iter().skip(1).map(Signer::jwk).collect();
    let endpoint = Endpoint::with(&entries);
    let cache = endpoint.cache(ON_DEMAND);
    endpoint.break_down();
    let runtime = Runtime::new().unwrap();
    let mut checked = 0;
    while endpoint.fetches() < 10 {
        runtime.block_on(cache.refresh());
        for signer in SIGNERS.iter().skip(1) {
            assert_eq!(check(&cache, signer), Ok(()));
            checked += 1;
        }
    }
    assert!(checked >= 36 && cache.is_ready());
}

#[test]
fn a_set_that_is_too_old_is_no_longer_used() {
    let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
    let cache = endpoint.cache(JwksTiming {
        refresh: Duration::from_millis(5),
        cooldown: Duration::from_millis(5),
        max_stale: Duration::from_millis(200),
    });
    wait_until("the keys are there", || cache.is_ready());
    endpoint.break_down();
    wait_until("they are too old", || !cache.is_ready());
    assert!(matches!(check(&cache, signer("EdDSA")), Err(TokenError::KeysNotLoaded { .. })));
    endpoint.publish(&[signer("EdDSA").jwk()]);
    wait_until("they are there again", || check(&cache, signer("EdDSA")) == Ok(()));
}

#[test]
fn dropping_the_cache_ends_its_thread() {
    for timing in [ONCE, ON_DEMAND] {
        let endpoint = Endpoint::with(&[signer("EdDSA").jwk()]);
        let (fetcher, thread) = endpoint.fetcher();
        let cache = JwksCache::start(fetcher, timing).unwrap();
        wait_until("the keys are there", || cache.is_ready());
        assert!(thread.upgrade().is_some());
        drop(cache);
        wait_until("the thread has ended", || thread.upgrade().is_none());
    }
}

//! The key cache with many concurrent requests: at most one fetch per cooldown, a bounded wait for unknown
//! keys, and no wait at all for known ones.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::rt::Runtime;
use serde_json::json;

use super::endpoint::{DEADLINE, Endpoint, HOUR, wait_until};
use super::fixtures::{SIGNERS, Signer, claims, with};
use crate::auth::jws::CompactJws;
use crate::auth::{JwksCache, JwksTiming, TokenError};

const ONCE: JwksTiming = JwksTiming { refresh: HOUR, cooldown: HOUR, max_stale: HOUR };

fn ed() -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.algorithm == "EdDSA").unwrap()
}

fn check(cache: &JwksCache, token: &str) -> Result<(), TokenError> {
    cache.check_signature(&CompactJws::parse(token).unwrap()).map(|_| ())
}

/// A thousand requests with unknown key ids, from eight threads at once.
fn thousand_unknown_kids(cache: &Arc<JwksCache>) {
    thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                let runtime = Runtime::new().unwrap();
                for request in 0..125 {
                    let kid = format!("kid-{thread}-{request}");
                    let header = with(ed().header(), json!({ "kid": kid }));
                    let token = ed().token_of(header.to_string(), claims("u").to_string());
                    let refused = check(cache, &token).unwrap_err();
                    assert!(refused.is_retryable(), "{refused}");
                    runtime.block_on(cache.refresh());
                }
            });
        }
    });
}

#[test]
fn a_thousand_unknown_kids_within_a_cooldown_cause_no_fetch() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cache = endpoint.cache(ONCE);
    thousand_unknown_kids(&cache);
    assert_eq!(endpoint.fetches(), 1);
}

#[test]
fn a_failed_fetch_starts_the_cooldown_too() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cooldown = Duration::from_millis(5);
    let cache = endpoint.cache(JwksTiming { refresh: HOUR, cooldown, max_stale: HOUR });
    endpoint.break_down();
    let begun = Instant::now();
    while endpoint.fetches() < 5 {
        thousand_unknown_kids(&cache);
    }
    let fetches = u32::try_from(endpoint.fetches()).unwrap();
    assert!(cooldown * (fetches - 2) <= begun.elapsed(), "{fetches} fetches");
}

#[test]
fn there_is_at_most_one_fetch_in_each_cooldown() {
    for endpoint in [Endpoint::with(&[ed().jwk()]), Endpoint::broken()] {
        let cooldown = Duration::from_millis(40);
        let begun = Instant::now();
        let cache = endpoint.cache(JwksTiming { refresh: HOUR, cooldown, max_stale: HOUR });
        while endpoint.fetches() < 4 {
            thousand_unknown_kids(&cache);
            assert!(begun.elapsed() < DEADLINE);
        }
        // The first fetch needs no cooldown, so there is one fetch more than cooldowns.
        let fetches = u32::try_from(endpoint.fetches()).unwrap();
        assert!(cooldown * (fetches - 1) <= begun.elapsed(), "{fetches} fetches");
    }
}

#[test]
fn a_token_with_a_known_key_never_waits_for_a_hanging_fetch() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cooldown = Duration::from_millis(5);
    let cache = endpoint.cache(JwksTiming { refresh: cooldown, cooldown, max_stale: HOUR });
    wait_until("the keys are there", || cache.is_ready());
    endpoint.hang();
    let before = endpoint.fetches();
    wait_until("a fetch hangs", || endpoint.fetches() > before && cache.is_fetching());
    let token = ed().token(&claims("u"));
    for _ in 0..1_000 {
        assert_eq!(check(&cache, &token), Ok(()));
    }
    assert!(cache.is_fetching(), "the fetch still hangs");
}

/// Polls a future once. Returns whether it is done.
fn is_done(future: &mut Pin<Box<impl Future>>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn requests_during_a_fetch_share_its_result() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    endpoint.hang();
    let cache = endpoint.cache(ONCE);
    let token = ed().token(&claims("u"));
    Runtime::new().unwrap().block_on(async {
        let mut waiting: Vec<_> = (0..50).map(|_| Box::pin(cache.refresh())).collect();
        assert!(!waiting.iter_mut().any(is_done));
        assert!(matches!(check(&cache, &token), Err(TokenError::KeysNotLoaded { .. })));
        endpoint.go_on();
        for waiter in waiting {
            waiter.await;
            assert_eq!(check(&cache, &token), Ok(()));
        }
    });
    assert_eq!(endpoint.fetches(), 1);
}

#[test]
fn the_wait_for_a_hanging_fetch_has_a_timeout() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    endpoint.hang();
    let cache = endpoint.cache(ONCE);
    Runtime::new().unwrap().block_on(async {
        let waited = tokio::time::timeout(DEADLINE, cache.refresh()).await;
        assert!(waited.is_ok(), "the wait has a timeout of its own");
    });
    assert!(cache.is_fetching(), "the fetch still hangs");
}

#[test]
fn no_second_fetch_starts_during_a_slow_one() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    endpoint.hang();
    let cooldown = Duration::from_millis(1);
    let cache = endpoint.cache(JwksTiming { refresh: HOUR, cooldown, max_stale: HOUR });
    wait_until("the fetch has begun", || endpoint.fetches() == 1);
    thread::sleep(20 * cooldown);
    Runtime::new().unwrap().block_on(async {
        let mut waiting: Vec<_> = (0..10).map(|_| Box::pin(cache.refresh())).collect();
        assert!(!waiting.iter_mut().any(is_done));
        endpoint.go_on();
        for waiter in waiting {
            waiter.await;
        }
    });
    assert!(cache.is_ready());
    thread::sleep(20 * cooldown);
    assert_eq!(endpoint.fetches(), 1, "no wake-up was left in the channel");
}

#[test]
fn the_number_of_waiting_requests_is_bounded() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    endpoint.hang();
    let cache = endpoint.cache(ONCE);
    Runtime::new().unwrap().block_on(async {
        let mut waiting: Vec<_> = (0..256).map(|_| Box::pin(cache.refresh())).collect();
        assert!(!waiting.iter_mut().any(is_done));
        for _ in 0..10 {
            assert!(is_done(&mut Box::pin(cache.refresh())), "one too many");
        }
        assert!(!waiting.iter_mut().any(is_done), "the others keep waiting");
    });
}

#[test]
fn a_disconnected_client_frees_its_place() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    endpoint.hang();
    let cache = endpoint.cache(ONCE);
    Runtime::new().unwrap().block_on(async {
        for _ in 0..1_000 {
            assert!(!is_done(&mut Box::pin(cache.refresh())), "there is room");
        }
    });
}

#[test]
fn concurrent_requests_for_a_new_key_all_wait_for_its_fetch() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let cooldown = Duration::from_millis(5);
    let cache = endpoint.cache(JwksTiming { refresh: HOUR, cooldown, max_stale: HOUR });
    for round in 0..200 {
        let fetched = endpoint.fetches();
        thread::sleep(2 * cooldown);
        endpoint.publish(&[with(ed().jwk(), json!({"kid": round.to_string()}))]);
        let header = with(ed().header(), json!({"kid": round.to_string()}));
        let token = ed().token_of(header.to_string(), claims("u").to_string());
        let barrier = std::sync::Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let runtime = Runtime::new().unwrap();
                    barrier.wait();
                    runtime.block_on(cache.refresh());
                    assert_eq!(check(&cache, &token), Ok(()), "round {round}");
                });
            }
        });
        assert!(endpoint.fetches() > fetched);
    }
}

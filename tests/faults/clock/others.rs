//! What goes by the time that passes, and not by the time of day: limits and the rhythm of key fetches.

use std::time::Duration;

use super::faketime::{Clock, Jump};
use crate::support::jwks::{JwksEndpoint, Key, listing};
use crate::support::tokens::ORIGIN;
use crate::support::{Backend, TokenBuilder, app};
use crate::wire::Wire;

const JUMPS: [Jump; 4] = [
    Jump::By(3_600),
    Jump::To("1971-01-01T00:00:00Z"),
    Jump::To("2090-01-01T00:00:00Z"),
    Jump::By(0),
];

const TIMEOUT: Duration = Duration::from_secs(20);

#[test]
fn a_rate_limit_neither_opens_nor_locks_a_user_out() {
    const PER_MINUTE: usize = 60;
    let (url, _folder) = app::fresh_url(Backend::Sqlite);
    let clock = Clock::new();
    let mut server = clock.serve(&url, &[("RATE_LIMIT_PER_MINUTE", &PER_MINUTE.to_string())]);
    let address = server.address();
    let always = |user: &str| {
        TokenBuilder::valid(user).without_claim("iat").claim("exp", i64::from(u32::MAX) * 2).build()
    };
    for (number, jump) in JUMPS.into_iter().enumerate() {
        let mut wire = Wire::with_token(address, &always(&format!("user-{number}")), TIMEOUT);
        let mut status = || wire.get("/api/me").unwrap();
        for _ in 0..PER_MINUTE {
            assert_eq!(status().status, 200);
        }
        // One comes back each second.
        while status().status == 200 {}
        clock.jump(jump);
        let refused = status();
        let wait = refused.header("retry-after").and_then(|seconds| seconds.parse().ok());
        assert!(refused.status == 200 || wait == Some(1), "{jump:?}: {refused:?}");
        // Two may come back while ten are asked on a slow machine.
        let opened = (0..10).filter(|_| status().status == 200).count();
        assert!(opened <= 2, "{jump:?} opens it");
        std::thread::sleep(Duration::from_millis(1_200));
        assert_eq!(status().status, 200, "{jump:?} locks the user out");
    }
}

#[test]
fn keys_are_fetched_when_they_are_needed() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let endpoint = JwksEndpoint::with_keys(&[&old]);
    let (url, _folder) = app::fresh_url(Backend::Sqlite);
    let clock = Clock::new();
    let variables = [
        ("JWKS_URL", endpoint.url.as_str()),
        ("JWKS_COOLDOWN_SECONDS", "1"),
        ("JWT_ISSUER", ORIGIN),
        ("JWT_AUDIENCE", ORIGIN),
    ];
    let mut server = clock.serve(&url, &variables);
    let address = server.address();
    let ask = |token: &str| Wire::with_token(address, token, TIMEOUT).get("/api/me").unwrap();
    assert_eq!(ask(&old.token("ann")).status, 200);
    for (number, jump) in JUMPS.into_iter().enumerate() {
        clock.jump(jump);
        let listed = if number % 2 == 0 { &new } else { &old };
        endpoint.set(listing(&[listed]));
        let before = endpoint.requests();
        std::thread::sleep(Duration::from_millis(1_200));
        // The signature comes before the times, so the key is looked for whatever they say.
        let answer = ask(&listed.token("ann"));
        assert_ne!(answer.status, 503, "{jump:?}: {answer:?}");
        assert_eq!(endpoint.requests(), before + 1, "{jump:?}: {answer:?}");
        clock.jump(Jump::By(0));
        assert_eq!(ask(&listed.token("ann")).status, 200, "{jump:?}: the keys are gone");
    }
}

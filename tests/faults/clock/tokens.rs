//! What a token is worth at a time, as a model says it in four lines, and as the server says it.

use std::net::SocketAddr;
use std::time::Duration;

use super::faketime::Clock;
use crate::support::TokenBuilder;
use crate::wire::Wire;

/// `JWT_LEEWAY_SECONDS`.
const LEEWAY: i64 = 30;

/// The time goes on while a request is under way: so near to a limit nothing is expected.
const BLUR: i64 = 5;

/// Tokens for each jump.
const TOKENS: usize = 12;

/// The times of a token.
#[derive(Clone, Copy, Debug)]
struct Times {
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

impl Times {
    /// The status and code at this time, or `None` too near to a limit.
    fn verdict(self, now: i64) -> Option<(u16, &'static str)> {
        let starts = [self.nbf, self.iat];
        let limits = starts.iter().flatten().map(|start| start - LEEWAY).chain([self.exp + LEEWAY]);
        if limits.into_iter().any(|limit| (limit - now).abs() <= BLUR) {
            return None;
        }
        Some(if now >= self.exp + LEEWAY {
            (401, "token_expired")
        } else if starts.iter().flatten().any(|start| *start > now + LEEWAY) {
            (401, "invalid_token")
        } else {
            (200, "")
        })
    }

    fn random(random: &mut fastrand::Rng, now: i64) -> Self {
        // Around the limits, around now, and what was issued in another era.
        let reach = random.choice([90, 1_000, 86_400, 4_000_000_000]).unwrap();
        let mut near = |likely: u8| {
            (random.u8(..10) < likely).then(|| random.i64(now - reach..=now + reach).max(0))
        };
        Self { nbf: near(4), iat: near(6), exp: near(10).unwrap() }
    }
}

/// Asks the server about tokens of all kinds, and fails when it says anything but the model. Returns how
/// many were asked about.
pub fn judge(clock: &Clock, address: SocketAddr, random: &mut fastrand::Rng) -> usize {
    let mut judged = 0;
    let now = clock.now();
    // What was issued now is good at any time.
    let fresh = Times { exp: now + 900, nbf: Some(now), iat: Some(now) };
    let tokens = (0..TOKENS).map(|_| Times::random(random, now)).collect::<Vec<_>>();
    for times in tokens.into_iter().chain([fresh]) {
        let mut token = TokenBuilder::valid("judged").without_claim("iat").claim("exp", times.exp);
        for (name, value) in [("nbf", times.nbf), ("iat", times.iat)] {
            if let Some(value) = value {
                token = token.claim(name, value);
            }
        }
        let mut wire = Wire::with_token(address, &token.build(), Duration::from_secs(20));
        let answer = wire.get("/api/me").unwrap();
        let Some((status, code)) = times.verdict(clock.now()) else { continue };
        assert_eq!(answer.status, status, "at {now}: {times:?}: {answer:?}");
        assert_eq!(
            answer.json()["code"].as_str().unwrap_or_default(),
            code,
            "{times:?}: {answer:?}"
        );
        judged += 1;
    }
    judged
}

//! Authentication alone, for the benchmarks of `bench/`: as a server between bare actix-web and
//! Taskbridge (`verify PORT ANSWERS ORIGIN KEY`), as a loop whose instructions callgrind counts (`verify count KIND
//! ROUNDS`), and timed beside the crypto library (`verify speed ROUNDS`).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise and prints what it measured"
)]

mod count;
mod minted;
mod serve;
mod speed;

use std::sync::Arc;
use std::time::Duration;

use taskbridge::Secret;
use taskbridge::auth::{
    Accepted, AuthSettings, ClaimPath, FetchJwks, JwksCache, JwksTiming, KeySource, KeySources,
    TokenVerifier,
};

const USAGE: &str = "usage: verify PORT ANSWERS ORIGIN SECRET|JWKS-URL, \
    verify count hs256-fresh|hs256-repeated|eddsa-fresh|eddsa-repeated ROUNDS, or verify speed ROUNDS";

fn main() {
    // Cargo adds `--bench` when it runs this by itself.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["count", kind, rounds] => count::run(kind, rounds.parse().expect(USAGE)),
        ["speed", rounds] => speed::run(rounds.parse().expect(USAGE)),
        [port, answers, origin, key] => {
            serve::run(port.parse().expect(USAGE), answers, origin, key).unwrap();
        }
        _ => panic!("{USAGE}"),
    }
}

fn shared(secret: &str) -> KeySource {
    KeySource::shared_secrets([&Secret::new(secret)])
}

fn jwks(fetch: impl FetchJwks) -> KeySource {
    let hour = Duration::from_secs(3600);
    let timing = JwksTiming { refresh: hour, cooldown: hour, max_stale: 24 * hour };
    KeySource::jwks(JwksCache::start(fetch, timing).unwrap())
}

fn verifier(keys: KeySource, origin: &str) -> Arc<TokenVerifier> {
    Arc::new(TokenVerifier::new(AuthSettings {
        keys: KeySources::new(vec![keys]),
        issuer: Accepted::one_of([origin]),
        audience: Accepted::one_of([origin]),
        user_id_claim: ClaimPath::subject(),
        leeway_seconds: 30,
    }))
}

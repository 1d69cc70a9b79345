//! What the targets share: a verifier as in a migration, with a secret and a JWK Set.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use taskbridge::Secret;
use taskbridge::auth::{
    Accepted, AuthSettings, ClaimPath, FetchError, FetchJwks, Fetched, JwksCache, JwksTiming,
    KeySet, KeySource, KeySources, Revocations, SessionRule, TokenVerifier,
};

/// The time at which the targets verify.
pub const NOW: i64 = 1_800_000_000;

/// The secret of the verifier; only the target `claims` signs with it.
pub const SECRET: &str = "correct horse battery staple, twice";

/// Public keys of RFC 8037 (appendix A.2), RFC 7515 (appendix A.3) and RFC 7520 (section 3.3).
const KEYS: &[u8] = include_bytes!("../seeds/jwks/three_keys");

struct Fixed;

impl FetchJwks for Fixed {
    fn fetch(&self) -> Result<Fetched, FetchError> {
        Ok(Fetched { keys: KeySet::parse(KEYS)?, date: None })
    }
}

/// Knows [`SECRET`] and three public keys whose private halves no target has.
pub static VERIFIER: LazyLock<TokenVerifier> = LazyLock::new(|| {
    let hour = Duration::from_secs(3_600);
    let timing = JwksTiming { refresh: hour, cooldown: hour, max_stale: 10_000 * hour };
    let cache = JwksCache::start(Fixed, timing).expect("a thread");
    while !cache.is_ready() {
        std::thread::sleep(Duration::from_millis(1));
    }
    TokenVerifier::new(AuthSettings {
        keys: KeySources::new(vec![
            KeySource::shared_secrets([&Secret::new(SECRET)]),
            KeySource::jwks(cache),
        ]),
        issuer: Accepted::one_of(["https://app.example"]),
        audience: Accepted::one_of(["https://app.example"]),
        user_id_claim: ClaimPath::subject(),
        session: SessionRule::Optional(ClaimPath::parse("sid").expect("a name")),
        revocations: Arc::new(Revocations::new(86_400)),
        leeway_seconds: 30,
    })
});

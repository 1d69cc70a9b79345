//! A loop around the verifier. Everything before the loop is the same whatever the number of rounds, so that the
//! difference between two runs is the rounds alone. Time stands still, and keys and claims are fixed.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use taskbridge::Secret;
use taskbridge::auth::{BearerToken, FetchError, FetchJwks, Fetched, KeySet, sign_hs256};

const ORIGIN: &str = "https://app.example";
const SECRET: &str = "a-secret-that-only-this-benchmark-knows";
const NOW: i64 = 1_800_000_000;

/// More rounds than this would meet a token twice.
const TOKENS: usize = 1000;

struct Keys(String);

impl FetchJwks for Keys {
    fn fetch(&self) -> Result<Fetched, FetchError> {
        Ok(Fetched { keys: KeySet::parse(self.0.as_bytes())?, date: None })
    }
}

/// The claims that Better Auth's `jwt()` plugin puts into a token by default.
fn claims(index: usize) -> Value {
    let user = format!("BetterAuthUserOfTheBench00{}", 100_000 + index);
    json!({
        "iat": NOW, "name": "A user of the benchmark", "email": "somebody@app.example",
        "emailVerified": true, "image": null, "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z", "id": user, "sub": user, "exp": NOW + 900,
        "iss": ORIGIN, "aud": ORIGIN,
    })
}

fn sign_eddsa(key: &Ed25519KeyPair, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&json!({"alg": "EdDSA", "kid": "k"})), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Verifies `rounds` different tokens once each, or one token as often.
pub fn run(kind: &str, rounds: usize) {
    assert!(rounds <= TOKENS, "at most {TOKENS} rounds");
    let (algorithm, manner) = kind.split_once('-').expect(super::USAGE);
    let (keys, tokens): (_, Vec<String>) = if algorithm == "hs256" {
        let secret = Secret::new(SECRET);
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let sign = |index| sign_hs256(&secret, &header, &claims(index)).unwrap();
        (super::shared(SECRET), (0..TOKENS).map(sign).collect())
    } else {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k", "x": x});
        let keys = super::jwks(Keys(json!({"keys": [jwk]}).to_string()));
        (keys, (0..TOKENS).map(|index| sign_eddsa(&key, &claims(index))).collect())
    };
    let verifier = super::verifier(keys, ORIGIN);
    let verify = |token: &str| {
        let token = BearerToken::parse(token).unwrap();
        verifier.verify_at(token, NOW)
    };
    // The key set comes from a thread. The last token is met here, and in no round of its own.
    let last = tokens.last().unwrap();
    for _ in 0..1000 {
        if verify(last).is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    for token in tokens.iter().take(rounds) {
        let token = if manner == "fresh" { token } else { last };
        assert!(verify(token).is_ok());
    }
}

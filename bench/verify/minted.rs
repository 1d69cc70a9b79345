//! Tokens with the claims that Better Auth issues, and a verifier that accepts them. Time stands still, and keys
//! and claims are fixed.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use taskbridge::Secret;
use taskbridge::auth::{
    Accepted, AuthSettings, BearerToken, ClaimPath, FetchError, FetchJwks, Fetched, JwksCache,
    JwksTiming, KeySet, KeySource, KeySources, Revocations, Revoked, SessionId, SessionRule,
    TokenVerifier, sign_hs256,
};

const ORIGIN: &str = "https://app.example";
const SECRET: &str = "a-secret-that-only-this-benchmark-knows";
const NOW: i64 = 1_800_000_000;

struct Keys(String);

impl FetchJwks for Keys {
    fn fetch(&self) -> Result<Fetched, FetchError> {
        Ok(Fetched { keys: KeySet::parse(self.0.as_bytes())?, date: None })
    }
}

/// Makes tokens of one algorithm.
pub enum Mint {
    Hs256(Secret),
    EdDsa(Ed25519KeyPair),
}

impl Mint {
    /// For `hs256` or `eddsa`.
    pub fn new(algorithm: &str) -> Self {
        if algorithm == "hs256" {
            return Self::Hs256(Secret::new(SECRET));
        }
        Self::EdDsa(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap())
    }

    /// A token of its own for every index.
    pub fn token(&self, index: usize) -> String {
        match self {
            Self::Hs256(secret) => {
                let header = json!({"alg": "HS256", "typ": "JWT"});
                sign_hs256(secret, &header, &claims(index)).unwrap()
            }
            Self::EdDsa(pair) => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                let header = part(&json!({"alg": "EdDSA", "kid": "k"}));
                let message = format!("{header}.{}", part(&claims(index)));
                let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
                format!("{message}.{signature}")
            }
        }
    }

    /// Our verifier with the key of these tokens, ready.
    pub fn verifier(&self) -> Arc<TokenVerifier> {
        let verifier = Arc::new(TokenVerifier::new(AuthSettings {
            keys: KeySources::new(vec![self.keys()]),
            issuer: Accepted::one_of([ORIGIN]),
            audience: Accepted::one_of([ORIGIN]),
            user_id_claim: ClaimPath::subject(),
            session: SessionRule::Optional(ClaimPath::parse("sid").unwrap()),
            revocations: ended(),
            leeway_seconds: 30,
        }));
        // A key set comes from a thread.
        let first = self.token(usize::MAX);
        for _ in 0..1000 {
            if verifies(&verifier, &first) {
                return verifier;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the key set did not come");
    }

    fn keys(&self) -> KeySource {
        match self {
            Self::Hs256(secret) => KeySource::shared_secrets([secret]),
            Self::EdDsa(pair) => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k", "x": x});
                let hour = Duration::from_secs(3600);
                let timing = JwksTiming { refresh: hour, cooldown: hour, max_stale: 24 * hour };
                let fetch = Keys(json!({"keys": [jwk]}).to_string());
                KeySource::jwks(JwksCache::start(fetch, timing).unwrap())
            }
        }
    }
}

/// Whether our verifier accepts the token.
pub fn verifies(verifier: &TokenVerifier, token: &str) -> bool {
    let token = BearerToken::parse(token).unwrap();
    verifier.verify_at(token, NOW).is_ok()
}

/// The claims that Better Auth's `jwt()` plugin puts into a token by default.
fn claims(index: usize) -> Value {
    let user = format!("BetterAuthUserOfTheBench{:08}", index % 100_000_000);
    json!({
        "iat": NOW, "name": "A user of the benchmark", "email": "user@app.example",
        "emailVerified": true, "image": null, "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z", "id": user, "sub": user, "exp": NOW + 900,
        "iss": ORIGIN, "aud": ORIGIN, "sid": format!("BetterAuthSessionOfTheBench{index:05}"),
    })
}

/// As many ended sessions as a large site has in a day, none of them that of a token here.
fn ended() -> Arc<Revocations> {
    let revocations = Revocations::new(86_400);
    let sessions = (0..100_000).map(|number| format!("BetterAuthSessionThatHasEnded{number:06}"));
    let sessions = sessions.filter_map(|id| SessionId::parse(&id));
    revocations.add(sessions.map(|id| revocations.revocation(Revoked::Session(id), NOW)));
    Arc::new(revocations)
}

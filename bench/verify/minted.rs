//! Tokens with the claims that Better Auth issues, and a verifier that accepts them. Time stands still, and keys
//! and claims are fixed.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::{Value, json};
use taskbridge::Secret;
use taskbridge::auth::{
    BearerToken, FetchError, FetchJwks, Fetched, KeySet, TokenVerifier, sign_hs256,
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

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

/// Makes tokens of one algorithm, and knows the crypto library's own way to verify them.
pub enum Mint {
    Hs256(Secret, Box<hmac::Key>),
    EdDsa(Ed25519KeyPair, ParsedPublicKey),
}

impl Mint {
    /// For `hs256` or `eddsa`.
    pub fn new(algorithm: &str) -> Self {
        if algorithm == "hs256" {
            let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
            return Self::Hs256(Secret::new(SECRET), Box::new(key));
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public = ParsedPublicKey::new(&ED25519, pair.public_key().as_ref()).unwrap();
        Self::EdDsa(pair, public)
    }

    /// A token of its own for every index.
    pub fn token(&self, index: usize) -> String {
        match self {
            Self::Hs256(secret, _) => {
                let header = json!({"alg": "HS256", "typ": "JWT"});
                sign_hs256(secret, &header, &claims(index)).unwrap()
            }
            Self::EdDsa(pair, _) => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                let header = part(&json!({"alg": "EdDSA", "kid": "k"}));
                let message = format!("{header}.{}", part(&claims(index)));
                let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
                format!("{message}.{signature}")
            }
        }
    }

    /// Asks the crypto library and nobody else; the key was read before.
    pub fn library_verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hs256(_, key) => hmac::verify(key, message, signature).is_ok(),
            Self::EdDsa(_, key) => key.verify_sig(message, signature).is_ok(),
        }
    }

    /// What an application does that decodes tokens with jsonwebtoken and nothing else: signature, header, claims,
    /// issuer and audience. The time is left out, because it stands still here.
    pub fn library_decodes(&self) -> impl Fn(&str) -> bool {
        let (key, algorithm) = match self {
            Self::Hs256(..) => (DecodingKey::from_secret(SECRET.as_bytes()), Algorithm::HS256),
            Self::EdDsa(pair, _) => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                (DecodingKey::from_ed_components(&x).unwrap(), Algorithm::EdDSA)
            }
        };
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        validation.set_issuer(&[ORIGIN]);
        validation.set_audience(&[ORIGIN]);
        move |token| {
            decode::<Claims>(token, &key, &validation)
                .is_ok_and(|token| !token.claims.sub.is_empty())
        }
    }

    /// Our verifier with the key of these tokens, ready.
    pub fn verifier(&self) -> Arc<TokenVerifier> {
        let keys = match self {
            Self::Hs256(..) => super::shared(SECRET),
            Self::EdDsa(pair, _) => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k", "x": x});
                super::jwks(Keys(json!({"keys": [jwk]}).to_string()))
            }
        };
        let verifier = super::verifier(keys, ORIGIN);
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
        "iat": NOW, "name": "A user of the benchmark", "email": "somebody@app.example",
        "emailVerified": true, "image": null, "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z", "id": user, "sub": user, "exp": NOW + 900,
        "iss": ORIGIN, "aud": ORIGIN,
    })
}

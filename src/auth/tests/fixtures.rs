//! Keys, tokens and verifiers for the tests. There is one signer for each algorithm, with new keys in every
//! run. Signers use aws-lc directly rather than the library under test.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::rt::Runtime;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Secret;
use crate::auth::keys::jwk::{self, NamedKey, UnusableJwk};
use crate::auth::{
    Accepted, AuthSettings, AuthenticatedUser, BearerToken, ClaimPath, FetchError, FetchJwks,
    Fetched, JwksCache, JwksTiming, KeySet, KeySource, KeySources, Revocations, SessionRule,
    TokenError, TokenVerifier,
};

/// The time at which the tests verify.
pub(super) const NOW: i64 = 1_800_000_000;

/// The issuer and audience of the tests' tokens.
pub(super) const ORIGIN: &str = "https://app.example";

/// The secret of the HS256 signer.
pub(super) const SECRET: &str = "correct horse battery staple, twice";

/// One signer for each algorithm.
pub(super) static SIGNERS: LazyLock<[Signer; 5]> =
    LazyLock::new(|| ["HS256", "EdDSA", "ES256", "RS256", "PS256"].map(Signer::new));

enum Pair {
    Hmac(Box<hmac::Key>),
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

/// Signs with one key. Its `kid` is the name of its algorithm, which is also its `alg`.
pub(super) struct Signer {
    pub(super) algorithm: &'static str,
    pair: Pair,
}

impl Signer {
    /// A new key; for HS256 the one [`SECRET`].
    pub(super) fn new(algorithm: &'static str) -> Self {
        let rsa = || RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pair = match algorithm {
            "HS256" => Pair::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()))),
            "EdDSA" => Pair::Ed(Ed25519KeyPair::generate().unwrap()),
            "ES256" => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            "RS256" => Pair::Rsa(rsa(), &RSA_PKCS1_SHA256),
            _ => Pair::Rsa(rsa(), &RSA_PSS_SHA256),
        };
        Self { algorithm, pair }
    }

    /// The raw public key as aws-lc writes it; empty for HS256.
    pub(super) fn public_key(&self) -> &[u8] {
        match &self.pair {
            Pair::Hmac(_) => &[],
            Pair::Ed(pair) => pair.public_key().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
            Pair::Rsa(pair, _) => pair.public_key().as_ref(),
        }
    }

    /// The public key as an entry of a JWK Set.
    pub(super) fn jwk(&self) -> Value {
        let members = match &self.pair {
            Pair::Hmac(_) => json!({"kty": "oct", "k": base64url(SECRET)}),
            Pair::Ed(_) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(self.public_key())})
            }
            Pair::Ec(_) => {
                let (x, y) = self.public_key()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)})
            }
            Pair::Rsa(pair, _) => {
                let n = pair.public_key().modulus().big_endian_without_leading_zero();
                json!({"kty": "RSA", "n": base64url(n), "e": "AQAB"})
            }
        };
        with(members, json!({"kid": self.algorithm, "alg": self.algorithm}))
    }

    /// The signature of any bytes.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Hmac(key) => hmac::sign(key, message).as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// A signed token with any bytes as header and payload.
    pub(super) fn token_of(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let input = format!("{}.{}", base64url(header), base64url(payload));
        let signature = base64url(self.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    /// A token with this signer's header.
    pub(super) fn token(&self, claims: &Value) -> String {
        self.token_of(self.header().to_string(), claims.to_string())
    }

    pub(super) fn header(&self) -> Value {
        json!({"alg": self.algorithm, "kid": self.algorithm})
    }
}

/// The claims of a valid token.
pub(super) fn claims(user: &str) -> Value {
    json!({"sub": user, "iss": ORIGIN, "aud": ORIGIN, "exp": NOW + 900})
}

/// `object` with its members replaced by those of `more`; `null` removes a member.
pub(super) fn with(mut object: Value, more: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap().clone() {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    object
}

/// A JWK Set with these entries.
pub(super) fn document(entries: &[Value]) -> Vec<u8> {
    json!({ "keys": entries }).to_string().into_bytes()
}

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

struct Document(Vec<u8>);

impl FetchJwks for Document {
    fn fetch(&self) -> Result<Fetched, FetchError> {
        Ok(Fetched { keys: KeySet::parse(&self.0)?, date: None })
    }
}

/// A cache whose endpoint always returns this document. The first fetch has ended.
pub(super) fn fetched(document: Vec<u8>) -> Arc<JwksCache> {
    let hour = Duration::from_secs(3_600);
    let timing = JwksTiming { refresh: hour, cooldown: hour, max_stale: hour };
    let cache = JwksCache::start(Document(document), timing).unwrap();
    Runtime::new().unwrap().block_on(cache.refresh());
    cache
}

/// A verifier with these sources, which accepts [`ORIGIN`] as issuer and audience.
pub(super) fn verifier(sources: Vec<KeySource>) -> TokenVerifier {
    TokenVerifier::new(AuthSettings {
        keys: KeySources::new(sources),
        issuer: Accepted::one_of([ORIGIN]),
        audience: Accepted::one_of([ORIGIN]),
        user_id_claim: ClaimPath::subject(),
        session: SessionRule::Ignored,
        revocations: Arc::new(Revocations::new(86_400)),
        leeway_seconds: 30,
    })
}

/// A verifier that knows all of [`SIGNERS`]: the secret and a JWK Set, as during a migration.
pub(super) static VERIFIER: LazyLock<TokenVerifier> = LazyLock::new(|| {
    let entries: Vec<Value> = SIGNERS.iter().map(Signer::jwk).collect();
    verifier(vec![
        KeySource::shared_secrets([&Secret::new(SECRET)]),
        KeySource::jwks(fetched(document(&entries))),
    ])
});

/// Verifies a token at [`NOW`].
pub(super) fn verify(
    verifier: &TokenVerifier,
    token: &str,
) -> Result<AuthenticatedUser, TokenError> {
    verifier.verify_at(BearerToken::parse(token).unwrap(), NOW)
}

/// Parses one entry of a key set.
pub(super) fn read_jwk(jwk: &Value) -> Result<NamedKey, UnusableJwk> {
    jwk::parse(&serde_json::from_str(&jwk.to_string()).unwrap())
}

//! Wycheproof's vectors for plain signatures. Public keys go through the same parser as those of a JWKS
//! endpoint.

use serde_json::{Value, json};

use super::fixtures::{base64url, read_jwk};
use super::vectors::{Tally, hex, run};
use crate::auth::keys::key::VerificationKey;

fn public_key(jwk: &Value) -> VerificationKey {
    read_jwk(jwk).unwrap_or_else(|reason| panic!("{reason}: {jwk}")).key
}

fn verifies(key: &VerificationKey, test: &Value) -> bool {
    key.verifies_bytes(&hex(&test["msg"]), &hex(&test["sig"]))
}

#[test]
fn ed25519_signatures_agree_with_wycheproof() {
    let tally =
        run("ed25519_test.json", |group, test| verifies(&public_key(&group["publicKeyJwk"]), test));
    assert_eq!(tally, Tally { run: 151, accepted: 88 });
}

#[test]
fn p256_signatures_agree_with_wycheproof() {
    let tally = run("ecdsa_secp256r1_sha256_p1363_test.json", |group, test| {
        // Not every group has a JWK, but every group has the uncompressed point: 04, x, y.
        let point = hex(&group["publicKey"]["uncompressed"]);
        let (x, y) = point[1..].split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)});
        verifies(&public_key(&jwk), test)
    });
    assert_eq!(tally, Tally { run: 262, accepted: 173 });
}

#[test]
fn rsa_signatures_agree_with_wycheproof() {
    let tally = run("rsa_signature_2048_sha256_test.json", |group, test| {
        verifies(&public_key(&group["keyJwk"]), test)
    });
    assert_eq!(tally, Tally { run: 259, accepted: 9 });
}

#[test]
fn hmac_tags_agree_with_wycheproof() {
    let tally = run("hmac_sha256_test.json", |_, test| {
        let key = VerificationKey::hs256_bytes(&hex(&test["key"]));
        key.is_some_and(|key| key.verifies_bytes(&hex(&test["msg"]), &hex(&test["tag"])))
    });
    assert_eq!(tally, Tally { run: 174, accepted: 30 });
}

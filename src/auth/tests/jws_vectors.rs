//! Wycheproof's JOSE vectors, checked as a request is: the shape of the token, then its signature. The payloads
//! hold no claims, so only their encoding is checked.

use serde_json::Value;

use super::fixtures::{document, fetched};
use super::vectors::{Tally, run};
use crate::auth::jws::{CompactJws, decode_base64url};
use crate::auth::{KeySource, KeySources, TokenError};

const SUPPORTED: [&str; 5] = ["HS256", "EdDSA", "ES256", "RS256", "PS256"];

/// The key of a group. Symmetric keys are used as shared secrets. A set that contains a public key is used as
/// the document of a JWKS endpoint.
fn sources(group: &Value) -> KeySources {
    let key = group.get("public").unwrap_or(&group["private"]);
    let entries = key["keys"].as_array().cloned().unwrap_or_else(|| vec![key.clone()]);
    let is_secret = |entry: &Value| entry["kty"] == "oct";
    if entries.iter().all(is_secret) {
        let of_hs256 = entries.iter().filter(|entry| entry["alg"] == "HS256");
        let bytes = |entry: &Value| decode_base64url(entry["k"].as_str().unwrap());
        let secrets: Vec<Vec<u8>> = of_hs256.filter_map(bytes).collect();
        KeySources::new(vec![KeySource::hs256_keys(&secrets)])
    } else {
        KeySources::new(vec![KeySource::jwks(fetched(document(&entries)))])
    }
}

/// Runs a file. A token with an unsupported algorithm must be refused for that reason.
fn run_tokens(file: &str) -> Tally {
    run(file, |group, test| {
        let token = test.get("jws").unwrap_or(&test["jwe"]);
        let token = token.as_str().map_or_else(|| token.to_string(), str::to_owned);
        let jws = match CompactJws::parse(&token) {
            Ok(jws) => jws,
            Err(_) => return false,
        };
        let verdict = sources(group).check_signature(&jws);
        if !SUPPORTED.contains(&jws.algorithm.as_str()) {
            assert_eq!(verdict, Err(TokenError::Algorithm(jws.algorithm.clone())), "{token}");
        }
        let payload_is_canonical = jws.payload().err() != Some(TokenError::NotBase64Url("payload"));
        verdict.is_ok() && payload_is_canonical
    })
}

#[test]
fn json_web_signatures_agree_with_wycheproof() {
    let tally = run_tokens("json_web_signature_test.json");
    assert_eq!(tally, Tally { run: 401, accepted: 26 });
}

#[test]
fn json_web_crypto_agrees_with_wycheproof() {
    let tally = run_tokens("json_web_crypto_test.json");
    assert_eq!(tally, Tally { run: 83, accepted: 5 });
}

#[test]
fn json_web_keys_agree_with_wycheproof() {
    let tally = run_tokens("json_web_key_test.json");
    assert_eq!(tally, Tally { run: 26, accepted: 5 });
}

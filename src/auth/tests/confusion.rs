//! Algorithm confusion: whatever a token's header says, a public key is never used as a secret, a secret never
//! as a public key, and no key with another algorithm than its own.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::fixtures::{
    NOW, SECRET, SIGNERS, Signer, VERIFIER, base64url, claims, document, fetched, verifier, verify,
    with,
};
use crate::Secret;
use crate::auth::{KeySource, TokenError, TokenVerifier};

fn signer(algorithm: &str) -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.algorithm == algorithm).unwrap()
}

/// A verifier with the public keys of [`SIGNERS`] and no secret.
fn public_keys_only() -> TokenVerifier {
    let entries: Vec<Value> = SIGNERS.iter().map(Signer::jwk).collect();
    verifier(vec![KeySource::jwks(fetched(document(&entries)))])
}

/// PEM as most tools print it, with the prefix that makes a raw key a `SubjectPublicKeyInfo`.
fn pem(signer: &Signer) -> String {
    let prefix: &[u8] = match signer.algorithm {
        "EdDSA" => b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
        "ES256" => {
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
        }
        _ => {
            b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01\x0f\x00"
        }
    };
    let der = [prefix, signer.public_key()].concat();
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

fn forge(header: &Value, secret: &[u8]) -> String {
    let input = format!("{}.{}", base64url(header.to_string()), base64url(claims("u").to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
    format!("{input}.{}", base64url(tag))
}

#[test]
fn a_public_key_in_any_encoding_is_no_hmac_secret() {
    let public = public_keys_only();
    for signer in SIGNERS.iter().filter(|signer| signer.algorithm != "HS256") {
        let jwk = signer.jwk();
        let mut secrets = vec![
            signer.public_key().to_vec(),
            pem(signer).into_bytes(),
            pem(signer).trim_end().as_bytes().to_vec(),
            jwk.to_string().into_bytes(),
            serde_json::to_vec_pretty(&jwk).unwrap(),
            document(std::slice::from_ref(&jwk)),
        ];
        for member in ["x", "y", "n"] {
            secrets.extend(jwk[member].as_str().map(|text| text.as_bytes().to_vec()));
        }
        for secret in secrets {
            for header in [
                json!({"alg": "HS256", "kid": signer.algorithm}),
                json!({"alg": "HS256"}),
                json!({"alg": "HS256", "kid": "HS256"}),
            ] {
                let token = forge(&header, &secret);
                let expected = Some(TokenError::Algorithm("HS256".to_owned()));
                assert_eq!(verify(&public, &token).err(), expected, "{header}");
                let refused = verify(&VERIFIER, &token).err();
                assert_eq!(refused, Some(TokenError::Signature), "{header}");
            }
            let header = signer.header();
            let refused = verify(&VERIFIER, &forge(&header, &secret)).err();
            assert_eq!(refused, Some(TokenError::Signature), "{header}");
        }
    }
}

#[test]
fn the_pem_used_for_forging_is_valid() {
    for signer in SIGNERS.iter().filter(|signer| signer.algorithm != "HS256") {
        let pem = pem(signer);
        let read = match signer.algorithm {
            "EdDSA" => jsonwebtoken::DecodingKey::from_ed_pem(pem.as_bytes()),
            "ES256" => jsonwebtoken::DecodingKey::from_ec_pem(pem.as_bytes()),
            _ => jsonwebtoken::DecodingKey::from_rsa_pem(pem.as_bytes()),
        };
        assert!(read.is_ok(), "{pem}");
    }
}

#[test]
fn a_secret_published_as_a_key_is_ignored() {
    let entry = json!({"kty": "oct", "k": base64url(SECRET), "kid": "HS256", "alg": "HS256"});
    let only_oct = verifier(vec![KeySource::jwks(fetched(document(&[entry])))]);
    let token = signer("HS256").token(&claims("u"));
    let expected = TokenError::Algorithm("HS256".to_owned());
    assert_eq!(verify(&only_oct, &token).unwrap_err(), expected);
}

#[test]
fn a_token_with_an_asymmetric_algorithm_is_never_checked_with_the_secret() {
    let shared = verifier(vec![KeySource::shared_secrets([&Secret::new(SECRET)])]);
    for algorithm in ["EdDSA", "ES256", "RS256", "PS256"] {
        let expected = TokenError::Algorithm(algorithm.to_owned());
        let genuine = signer(algorithm).token(&claims("u"));
        assert_eq!(verify(&shared, &genuine).unwrap_err(), expected);
        let forged = forge(&json!({"alg": algorithm, "kid": algorithm}), SECRET.as_bytes());
        assert_eq!(verify(&shared, &forged).unwrap_err(), expected);
    }
}

#[test]
fn the_algorithm_none_is_refused_in_every_spelling_and_with_any_signature() {
    for algorithm in ["none", "None", "NONE", "nOnE", "none ", ""] {
        for header in [json!({"alg": algorithm}), json!({"alg": algorithm, "kid": "EdDSA"})] {
            let input =
                format!("{}.{}", base64url(header.to_string()), base64url(claims("u").to_string()));
            for signature in [String::new(), base64url(signer("EdDSA").sign(input.as_bytes()))] {
                let refused = verify(&VERIFIER, &format!("{input}.{signature}")).err();
                assert_eq!(refused, Some(TokenError::Algorithm(algorithm.to_owned())), "{header}");
            }
        }
    }
}

#[test]
fn the_name_of_an_algorithm_is_compared_byte_for_byte() {
    for (signer, name) in SIGNERS.iter().zip(["hs256", "eddsa", "Es256", "rs256", "PS256 "]) {
        let header = with(signer.header(), json!({"alg": name}));
        let token = signer.token_of(header.to_string(), claims("u").to_string());
        let expected = Some(TokenError::Algorithm(name.to_owned()));
        assert_eq!(verify(&VERIFIER, &token).err(), expected);
    }
}

#[test]
fn a_kid_of_a_key_with_another_algorithm_finds_no_key() {
    let public = |algorithm: &str| algorithm != "HS256";
    for signer in SIGNERS.iter().filter(|signer| public(signer.algorithm)) {
        for other in SIGNERS.iter().filter(|other| other.algorithm != signer.algorithm) {
            let unknown = TokenError::UnknownKey(Some(other.algorithm.to_owned()));
            let renamed = with(signer.header(), json!({"kid": other.algorithm}));
            let token = signer.token_of(renamed.to_string(), claims("u").to_string());
            assert_eq!(verify(&VERIFIER, &token).unwrap_err(), unknown, "{renamed}");
            if public(other.algorithm) {
                let relabelled = with(signer.header(), json!({"alg": other.algorithm}));
                let token = signer.token_of(relabelled.to_string(), claims("u").to_string());
                let unknown = TokenError::UnknownKey(Some(signer.algorithm.to_owned()));
                assert_eq!(verify(&VERIFIER, &token).unwrap_err(), unknown, "{relabelled}");
            }
        }
    }
}

#[test]
fn an_rsa_key_verifies_only_the_padding_of_its_own_algorithm() {
    let (rs256, ps256) = (signer("RS256"), signer("PS256"));
    for (key, header) in [(rs256, ps256.header()), (ps256, rs256.header())] {
        let token = key.token_of(header.to_string(), claims("u").to_string());
        assert_eq!(verify(&VERIFIER, &token).unwrap_err(), TokenError::Signature);
    }
    let unnamed = with(ps256.jwk(), json!({"alg": null}));
    let as_rs256 = verifier(vec![KeySource::jwks(fetched(document(&[unnamed])))]);
    let token = ps256.token(&claims("u"));
    let unknown = TokenError::UnknownKey(Some("PS256".to_owned()));
    assert_eq!(verify(&as_rs256, &token).unwrap_err(), unknown);
}

#[test]
fn keys_in_the_token_itself_are_not_used() {
    for algorithm in ["EdDSA", "ES256", "RS256", "PS256"] {
        let attacker = Signer::new(algorithm);
        let header =
            with(attacker.header(), json!({"jwk": attacker.jwk(), "jku": "https://evil.example"}));
        let token = attacker.token_of(header.to_string(), claims("u").to_string());
        assert_eq!(verify(&VERIFIER, &token).unwrap_err(), TokenError::Signature, "{algorithm}");
    }
}

#[test]
fn a_verifier_with_both_key_sources_accepts_every_genuine_token() {
    for signer in SIGNERS.iter() {
        let user = verify(&VERIFIER, &signer.token(&claims("u"))).unwrap();
        assert_eq!(user.claims().expires_at(), NOW + 900);
    }
}

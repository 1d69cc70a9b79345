//! How long each provider of `jsonwebtoken` takes to verify a signature, with the key prepared anew for each as
//! `jsonwebtoken::crypto::verify` does it. Batches take turns, so that whatever else the machine does meets both
//! alike; ratios are taken within a turn.

use std::hint::black_box;
use std::time::Instant;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::{CryptoProvider, aws_lc, rust_crypto};
use jsonwebtoken::{Algorithm, DecodingKey};

const TURNS: usize = 21;
const BATCH: u32 = 200;

/// As long as the first two parts of a token with the claims that Better Auth issues.
const MESSAGE: [u8; 380] = [b'e'; 380];

struct Case {
    algorithm: Algorithm,
    key: DecodingKey,
    signature: Vec<u8>,
}

fn main() {
    println!("| algorithm | aws-lc, µs | Rust Crypto, µs | Rust Crypto by aws-lc (min / median / max) |");
    println!("| --- | ---: | ---: | --- |");
    for case in [hs256(), eddsa(), es256(), rsa(Algorithm::RS256), rsa(Algorithm::PS256)] {
        let turns: Vec<(f64, f64)> = (0..TURNS)
            .map(|_| (micros(&aws_lc::DEFAULT_PROVIDER, &case), micros(&rust_crypto::DEFAULT_PROVIDER, &case)))
            .collect();
        let ratios = sorted(turns.iter().map(|(aws, rust)| rust / aws));
        println!(
            "| {:?} | {:.1} | {:.1} | {:.2} / {:.2} / {:.2} |",
            case.algorithm,
            sorted(turns.iter().map(|(aws, _)| *aws))[TURNS / 2],
            sorted(turns.iter().map(|(_, rust)| *rust))[TURNS / 2],
            ratios[0],
            ratios[TURNS / 2],
            ratios[TURNS - 1],
        );
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The mean over a batch.
fn micros(provider: &CryptoProvider, case: &Case) -> f64 {
    let began = Instant::now();
    for _ in 0..BATCH {
        let verifier = (provider.verifier_factory)(&case.algorithm, &case.key).unwrap();
        assert!(verifier.verify(black_box(&MESSAGE), black_box(&case.signature)).is_ok());
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH)
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn hs256() -> Case {
    let secret = [7; 32];
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), &MESSAGE);
    Case {
        algorithm: Algorithm::HS256,
        key: DecodingKey::from_secret(&secret),
        signature: signature.as_ref().to_vec(),
    }
}

fn eddsa() -> Case {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    Case {
        algorithm: Algorithm::EdDSA,
        key: DecodingKey::from_ed_components(&text(pair.public_key().as_ref())).unwrap(),
        signature: pair.sign(&MESSAGE).as_ref().to_vec(),
    }
}

fn es256() -> Case {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    // An uncompressed point: 4, x, y.
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    Case {
        algorithm: Algorithm::ES256,
        key: DecodingKey::from_ec_components(&text(x), &text(y)).unwrap(),
        signature: pair.sign(&SystemRandom::new(), &MESSAGE).unwrap().as_ref().to_vec(),
    }
}

fn rsa(algorithm: Algorithm) -> Case {
    let encoding: &dyn RsaEncoding =
        if algorithm == Algorithm::RS256 { &RSA_PKCS1_SHA256 } else { &RSA_PSS_SHA256 };
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), &MESSAGE, &mut signature).unwrap();
    let public = pair.public_key();
    let modulus = public.modulus().big_endian_without_leading_zero();
    let exponent = public.exponent().big_endian_without_leading_zero();
    Case { algorithm, key: DecodingKey::from_rsa_raw_components(modulus, exponent), signature }
}

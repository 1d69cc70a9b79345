//! What a verification takes beside the crypto library's own: the same tokens in batches that take turns, so
//! that whatever else the machine does meets all alike. Times depend on the machine; their ratios much less.

use std::hint::black_box;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::minted::{Mint, verifies};

const BATCH: u16 = 500;

/// Prints nanoseconds per token of each round: the crypto library alone, jsonwebtoken with all that it does, ours with a
/// token never seen before, and ours with one seen a moment ago.
pub fn run(rounds: usize) {
    let found: serde_json::Map<String, Value> = ["hs256", "eddsa"]
        .map(|algorithm| (algorithm.to_owned(), of(&Mint::new(algorithm), rounds)))
        .into_iter()
        .collect();
    println!("{}", Value::Object(found));
}

fn of(mint: &Mint, rounds: usize) -> Value {
    let (verifier, decodes) = (mint.verifier(), mint.library_decodes());
    let batch = usize::from(BATCH);
    let one = |round: usize| {
        let tokens: Vec<String> = (0..batch).map(|turn| mint.token(round * batch + turn)).collect();
        let parts: Vec<(&str, Vec<u8>)> = tokens.iter().map(|token| parts(token)).collect();
        let library = nanoseconds(|turn| {
            let (message, signature) = &parts[turn];
            mint.library_verifies(message.as_bytes(), signature)
        });
        let decoded = nanoseconds(|turn| decodes(&tokens[turn]));
        let fresh = nanoseconds(|turn| verifies(&verifier, &tokens[turn]));
        let repeated = nanoseconds(|turn| verifies(&verifier, &tokens[turn]));
        json!({"library_ns": library, "decoded_ns": decoded, "fresh_ns": fresh, "repeated_ns": repeated})
    };
    // The first round warms up.
    (0..=rounds).map(one).skip(1).collect()
}

fn parts(token: &str) -> (&str, Vec<u8>) {
    let (message, signature) = token.rsplit_once('.').unwrap();
    (message, URL_SAFE_NO_PAD.decode(signature).unwrap())
}

/// The mean over a batch.
fn nanoseconds(mut verify: impl FnMut(usize) -> bool) -> f64 {
    let began = Instant::now();
    for turn in 0..usize::from(BATCH) {
        assert!(black_box(verify(black_box(turn))));
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH)
}

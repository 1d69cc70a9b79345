//! Token verification in a loop, whose instructions `make bench-check` counts: `verify count KIND ROUNDS`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at the first surprise"
)]

mod minted;

use crate::minted::{Mint, verifies};

const USAGE: &str =
    "usage: verify count hs256-fresh|hs256-repeated|eddsa-fresh|eddsa-repeated ROUNDS";

/// More rounds than this would meet a token twice.
const TOKENS: usize = 1000;

fn main() {
    // Cargo adds `--bench` when it runs this by itself.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["count", kind, rounds] => count(kind, rounds.parse().expect(USAGE)),
        _ => panic!("{USAGE}"),
    }
}

/// Verifies `rounds` different tokens once each, or one token as often. Everything before the loop is the same whatever
/// the number of rounds, so that the difference between two runs is the rounds alone.
fn count(kind: &str, rounds: usize) {
    assert!(rounds <= TOKENS, "at most {TOKENS} rounds");
    let (algorithm, manner) = kind.split_once('-').expect(USAGE);
    let mint = Mint::new(algorithm);
    let tokens: Vec<String> = (0..TOKENS).map(|index| mint.token(index)).collect();
    let verifier = mint.verifier();
    // Met here, and in no round of its own.
    let last = mint.token(TOKENS);
    assert!(verifies(&verifier, &last));
    for token in tokens.iter().take(rounds) {
        let token = if manner == "fresh" { token } else { &last };
        assert!(verifies(&verifier, token));
    }
}

//! A loop around the verifier. Everything before the loop is the same whatever the number of rounds, so that the
//! difference between two runs is the rounds alone.

use crate::minted::{Mint, verifies};

/// More rounds than this would meet a token twice.
const TOKENS: usize = 1000;

/// Verifies `rounds` different tokens once each, or one token as often.
pub fn run(kind: &str, rounds: usize) {
    assert!(rounds <= TOKENS, "at most {TOKENS} rounds");
    let (algorithm, manner) = kind.split_once('-').expect(super::USAGE);
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

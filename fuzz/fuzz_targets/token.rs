//! Any text as a token: no panic, no user.

#![no_main]

use libfuzzer_sys::fuzz_target;
use taskbridge::auth::BearerToken;
use taskbridge_fuzz::{NOW, VERIFIER};

fuzz_target!(|data: &str| {
    if let Ok(token) = BearerToken::parse(data) {
        assert!(VERIFIER.verify_at(token, NOW).is_err());
    }
});

//! Any bytes as a JWK Set: no panic, and no more keys than are allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use taskbridge::auth::KeySet;

fuzz_target!(|data: &[u8]| {
    if let Ok(keys) = KeySet::parse(data) {
        assert!(keys.len() + keys.ignored().len() <= 100);
        assert_eq!(keys.is_empty(), keys.len() == 0);
    }
});

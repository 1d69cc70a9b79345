//! Common ways in which two sides hold the same secret and use different bytes of it. Each variant is
//! tried on the token; only the name of the one that fits is ever shown.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::auth::verifies_hs256;
use crate::base::secret::Secret;
use crate::config::PUBLIC_DEFAULT;

/// How the signer mangled the secret, in words that continue "signs with … ".
pub(super) fn made_with_a_variant(secret: &Secret, token: &str) -> Option<&'static str> {
    let text = secret.expose();
    let decoded = [
        (STANDARD.decode(text).ok(), "decoded from base64"),
        (URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok(), "decoded from base64url"),
        (hex(text), "decoded from hexadecimal"),
        (Some(STANDARD.encode(text).into_bytes()), "encoded as base64"),
        (Some(format!("{text}\n").into_bytes()), "and a line break behind it"),
        (Some(format!("\"{text}\"").into_bytes()), "and the quotes around it"),
        (Some(format!("'{text}'").into_bytes()), "and the quotes around it"),
        (Some(format!(" {text}").into_bytes()), "and a blank before it"),
        (Some(format!("{text} ").into_bytes()), "and a blank behind it"),
    ];
    decoded
        .into_iter()
        .find(|(key, _)| key.as_deref().is_some_and(|key| verifies_hs256(key, token)))
        .map(|(_, mistake)| mistake)
}

/// Whether the signer has no secret of its own.
pub(super) fn made_with_the_public_default(token: &str) -> bool {
    verifies_hs256(PUBLIC_DEFAULT.as_bytes(), token)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    text.len().is_multiple_of(2).then(|| (0..text.len()).step_by(2).map(pair).collect()).flatten()
}

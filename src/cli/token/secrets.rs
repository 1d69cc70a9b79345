//! Common mistakes that make two programs use different bytes of the same secret. Each variant is tried on the
//! token, and only the name of the matching one is shown.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::auth::verifies_hs256;
use crate::base::secret::Secret;
use crate::config::PUBLIC_DEFAULT;

/// The mistake that explains the signature, in words that continue "signs with BETTER_AUTH_SECRET …".
pub(super) fn signing_mistake(secret: &Secret, token: &str) -> Option<&'static str> {
    let text = secret.expose();
    let variants = [
        (STANDARD.decode(text).ok(), "decoded from base64"),
        (URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok(), "decoded from base64url"),
        (hex(text), "decoded from hexadecimal"),
        (Some(STANDARD.encode(text).into_bytes()), "encoded as base64"),
        (Some(format!("{text}\n").into_bytes()), "followed by a line break"),
        (Some(format!("\"{text}\"").into_bytes()), "in quotes"),
        (Some(format!("'{text}'").into_bytes()), "in quotes"),
        (Some(format!(" {text}").into_bytes()), "after a space"),
        (Some(format!("{text} ").into_bytes()), "followed by a space"),
    ];
    variants
        .into_iter()
        .find(|(key, _)| key.as_deref().is_some_and(|key| verifies_hs256(key, token)))
        .map(|(_, mistake)| mistake)
}

/// Whether the token is signed with Better Auth's public default, because the web app has no secret of its own.
pub(super) fn is_signed_with_public_default(token: &str) -> bool {
    verifies_hs256(PUBLIC_DEFAULT.as_bytes(), token)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    text.len().is_multiple_of(2).then(|| (0..text.len()).step_by(2).map(pair).collect()).flatten()
}

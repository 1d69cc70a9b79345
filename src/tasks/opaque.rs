//! Texts that a client hands back as they were: the list's cursor and the feed's token. A digest ties each to the
//! user and to what it was made for.
//!
//! The digest needs no key. Such a text carries no authority: it says where in the caller's own tasks to go on, and
//! one that is computed by hand gives no more than other parameters would. The digest is there so that a text that
//! was cut off, mixed up or edited is refused, not guessed at.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

/// Bytes of SHA-256 that are kept: enough that no accident passes.
const DIGEST_BYTES: usize = 16;

/// The text for these bytes: base64url of digest and bytes.
pub(super) fn seal(made_for: &impl Serialize, payload: &[u8]) -> String {
    let mut bytes = digest_of(made_for, payload);
    bytes.extend(payload);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes that [`seal`] made this text of; `None` for any other text.
pub(super) fn open(made_for: &impl Serialize, text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (digest, payload) = bytes.split_at_checked(DIGEST_BYTES)?;
    (digest == digest_of(made_for, payload)).then(|| payload.to_vec())
}

fn digest_of(made_for: &impl Serialize, payload: &[u8]) -> Vec<u8> {
    // Texts and numbers always serialise.
    let whole = serde_json::to_vec(&(made_for, payload)).unwrap_or_default();
    digest(&SHA256, &whole).as_ref().iter().take(DIGEST_BYTES).copied().collect()
}

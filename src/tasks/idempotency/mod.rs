//! `Idempotency-Key` on the request that makes a task: a client that saw no answer repeats it with the
//! same key, and gets the answer it missed instead of a second task. The statements are in the store.

mod fingerprint;
mod key;

pub(super) use fingerprint::Fingerprint;
pub(super) use key::{IdempotencyKey, OptionalIdempotencyKey};

/// How long a key is kept, in microseconds.
pub(super) const LIFETIME_MICROS: i64 = 30 * 24 * 60 * 60 * 1_000_000;

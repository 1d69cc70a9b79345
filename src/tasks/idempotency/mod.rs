//! `Idempotency-Key` on the request that makes a task: a client that saw no answer repeats it with the
//! same key, and gets the answer it missed instead of a second task.

mod fingerprint;
mod key;
mod repository;
#[cfg(test)]
mod tests;

pub(super) use key::OptionalIdempotencyKey;
pub(crate) use repository::purge;
pub(super) use repository::{erase, insert};

//! What a keyed request asked for, small enough to keep and telling nothing about its content.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};

use serde::Serialize;

/// The SHA-256 of a parsed request in hexadecimal digits: two spellings of the same task are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) struct Fingerprint(String);

impl Fingerprint {
    pub(in crate::tasks) fn of(request: &impl Serialize) -> Self {
        // Strings, numbers and booleans always serialise.
        let canonical = serde_json::to_vec(request).unwrap_or_default();
        let mut hex = String::with_capacity(64);
        for byte in digest(&SHA256, &canonical).as_ref() {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }

    /// As it is stored.
    pub(in crate::tasks) fn as_str(&self) -> &str {
        &self.0
    }
}

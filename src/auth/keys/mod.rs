//! Verification keys. A [`key_source`] is either shared secrets or a JWKS endpoint; for the latter, [`jwks_fetch`]
//! downloads the document, [`jwks`] and [`jwk`] parse it strictly, and [`jwks_cache`] keeps it fresh, not more
//! often than [`cooldown`] allows. [`key`] is a single key of either source.

mod cooldown;
pub(super) mod jwk;
pub(super) mod jwks;
pub(super) mod jwks_cache;
pub(super) mod jwks_fetch;
pub(super) mod key;
pub(super) mod key_source;

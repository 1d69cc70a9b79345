//! Where verification keys come from: shared secrets, or a key set that is fetched and cached.

pub(super) mod jwk;
pub(super) mod jwks;
pub(super) mod jwks_cache;
pub(super) mod jwks_fetch;
pub(super) mod key;
pub(super) mod key_source;

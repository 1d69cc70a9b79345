//! Users of tokens that passed every check a short time ago. A browser sends the same token for
//! minutes, and verifying a signature is the most expensive check.
//!
//! The cache never changes a decision. It can only accept, and only a token that all checks would accept now:
//! the key of the signature is still in use, and the time is within the token's lifetime. Everything else,
//! every refusal included, is left to the checks. Only verified tokens are stored, so clients
//! without one cannot fill the cache.

use foldhash::quality::RandomState;
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use super::keys::key_source::{KeyOrigin, KeySources};
use super::owner::AuthenticatedUser;

/// The most memory the entries may take, as [`EntrySize`] estimates it: more than 10,000 ordinary tokens.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The estimate for an ordinary token, from which the initial capacity follows.
const USUAL_BYTES: u64 = 1024;

/// What an entry takes in addition to the text of its token and of its claims.
const ENTRY_BYTES: usize = 384;

#[derive(Clone, Debug)]
struct Entry {
    user: AuthenticatedUser,
    origin: KeyOrigin,
}

/// Maps the whole text of a token to its user. The hash is keyed randomly in every process, so clients
/// cannot provoke collisions.
pub(super) struct JwtCache(Cache<Box<str>, Entry, EntrySize, RandomState>);

impl JwtCache {
    pub(super) fn new() -> Self {
        let usual_entries = usize::try_from(MAX_BYTES / USUAL_BYTES).unwrap_or_default();
        let (hasher, lifecycle) = (RandomState::default(), DefaultLifecycle::default());
        Self(Cache::with(usual_entries, MAX_BYTES, EntrySize, hasher, lifecycle))
    }

    /// The user of a token, if the token would pass all checks at this time.
    pub(super) fn get(
        &self,
        token: &str,
        keys: &KeySources,
        leeway_seconds: u32,
        now: i64,
    ) -> Option<AuthenticatedUser> {
        let entry = self.0.get(token)?;
        if !keys.still_use(entry.origin) {
            // The key set was replaced, so every other entry that came from it is invalid too.
            self.0.retain(|_, entry| keys.still_use(entry.origin));
            return None;
        }
        entry.user.claims().are_current(leeway_seconds, now).then_some(entry.user)
    }

    pub(super) fn insert(&self, token: &str, user: &AuthenticatedUser, origin: KeyOrigin) {
        self.0.insert(token.into(), Entry { user: user.clone(), origin });
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl std::fmt::Debug for JwtCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JwtCache({})", self.0.len())
    }
}

/// Estimates the memory of an entry in bytes.
#[derive(Clone, Copy, Debug)]
struct EntrySize;

impl Weighter<Box<str>, Entry> for EntrySize {
    fn weight(&self, token: &Box<str>, entry: &Entry) -> u64 {
        let bytes = token.len() + entry.user.claims().payload_bytes() + ENTRY_BYTES;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

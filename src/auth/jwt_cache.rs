//! Tokens that were verified a moment ago. A browser sends the same token for minutes, and its
//! signature does not get any better by being looked at again.
//!
//! A hit can only say yes, and only what the full check would say now: the key that made the
//! signature is still in use, and the clock stands inside the token's times. Everything else, refusals
//! above all, is left to the full check. Only verified tokens get in, so strangers cannot fill it.

use foldhash::quality::RandomState;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use super::keys::key_source::{KeySources, KeyUse};
use super::user::AuthenticatedUser;

/// The most that is kept, by the estimate of [`Weight`]: the tokens of more than 10,000 users.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What a token of ordinary length is estimated at, to size the table.
const USUAL_BYTES: u64 = 1024;

/// What an entry takes beside the text of its token and of its claims.
const ENTRY_BYTES: usize = 384;

#[derive(Clone, Debug)]
struct Verified {
    user: AuthenticatedUser,
    key_use: KeyUse,
}

/// Tokens by their whole text, under a hash that is keyed anew in every process.
pub(super) struct VerifiedTokens {
    cache: Cache<Box<str>, Verified, Weight, RandomState>,
}

impl VerifiedTokens {
    pub(super) fn new() -> Self {
        let options = OptionsBuilder::new()
            .estimated_items_capacity(usize::try_from(MAX_BYTES / USUAL_BYTES).unwrap_or_default())
            .weight_capacity(MAX_BYTES)
            .build();
        let cache = match options {
            Ok(options) => Cache::with_options(
                options,
                Weight,
                RandomState::default(),
                DefaultLifecycle::default(),
            ),
            // Both capacities are set, which is all that the builder asks for.
            Err(_) => {
                Cache::with(0, 0, Weight, RandomState::default(), DefaultLifecycle::default())
            }
        };
        Self { cache }
    }

    /// The user of a token that would pass the full check at this time.
    pub(super) fn get(
        &self,
        token: &str,
        keys: &KeySources,
        leeway_seconds: u32,
        now: i64,
    ) -> Option<AuthenticatedUser> {
        let known = self.cache.get(token)?;
        if !keys.still_use(known.key_use) {
            // Its key left, and took the tokens of its whole set along.
            self.cache.retain(|_, entry| keys.still_use(entry.key_use));
            return None;
        }
        let is_in_time = known.user.claims().hold_at(leeway_seconds, now);
        is_in_time.then_some(known.user)
    }

    pub(super) fn insert(&self, token: &str, user: &AuthenticatedUser, key_use: KeyUse) {
        self.cache.insert(token.into(), Verified { user: user.clone(), key_use });
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.cache.len()
    }
}

impl std::fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifiedTokens({})", self.cache.len())
    }
}

/// Estimates bytes.
#[derive(Clone, Copy, Debug)]
struct Weight;

impl Weighter<Box<str>, Verified> for Weight {
    fn weight(&self, token: &Box<str>, entry: &Verified) -> u64 {
        let bytes = token.len() + entry.user.claims().text_bytes() + ENTRY_BYTES;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

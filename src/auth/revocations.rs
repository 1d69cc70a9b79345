//! What ends the validity of tokens before they expire, in memory: every request asks, and none waits for a database.
//! Whoever stores it durably, and tells other instances, hands it to [`Revocations::add`].

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::quality::RandomState;
use tokio::sync::watch;

use super::claims::{Claims, UserId};
use super::error::TokenError;
use super::owner::AuthenticatedUser;
use super::session::SessionId;

/// Which tokens are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// Those of a session, whenever they were issued: a front end that caches sessions can issue one after the end.
    Session(SessionId),
    /// Those of a user that were issued up to a moment, in seconds since the Unix epoch.
    Tokens(UserId, i64),
    /// All of a user whose account is gone.
    Account(UserId),
}

/// A revocation, and when the last token that it can concern has expired, in seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Which tokens are refused.
    pub revoked: Revoked,
    /// Until when it must be known.
    pub expires_at: i64,
}

/// All revocations that an instance knows. Share it with an `Arc`.
#[derive(Debug)]
pub struct Revocations {
    lifetime_seconds: u32,
    known: RwLock<Known>,
    changed: watch::Sender<()>,
}

/// Each maps to the end of its revocation; a user's tokens to the moment up to which they were issued, too.
#[derive(Debug, Default)]
struct Known {
    sessions: Expiring<SessionId, ()>,
    tokens: Expiring<UserId, i64>,
    accounts: Expiring<UserId, ()>,
}

impl Revocations {
    /// None yet. Each is to be kept for `lifetime_seconds`, which no token may outlive.
    #[must_use]
    pub fn new(lifetime_seconds: u32) -> Self {
        Self { lifetime_seconds, known: RwLock::default(), changed: watch::Sender::new(()) }
    }

    /// For how many seconds a revocation is kept.
    #[must_use]
    pub fn lifetime_seconds(&self) -> u32 {
        self.lifetime_seconds
    }

    /// The revocation of these tokens, made at `now`, in seconds since the Unix epoch.
    #[must_use]
    pub fn revocation(&self, revoked: Revoked, now: i64) -> Revocation {
        let expires_at = now.saturating_add(i64::from(self.lifetime_seconds));
        Revocation { revoked, expires_at }
    }

    /// From now on these tokens are refused, and open streams of their users are told.
    pub fn add(&self, revocations: impl IntoIterator<Item = Revocation>) {
        let mut known = self.write();
        let mut is_news = false;
        for Revocation { revoked, expires_at } in revocations {
            is_news |= !known.covers(&revoked);
            match revoked {
                Revoked::Session(session) => known.sessions.keep(session, (), expires_at),
                Revoked::Tokens(user, until) => known.tokens.keep(user, until, expires_at),
                Revoked::Account(user) => known.accounts.keep(user, (), expires_at),
            }
        }
        drop(known);
        if is_news {
            self.changed.send_replace(());
        }
    }

    /// Whether these tokens are refused already.
    #[must_use]
    pub fn covers(&self, revoked: &Revoked) -> bool {
        self.read().covers(revoked)
    }

    /// Forgets what has expired at `now`, in seconds since the Unix epoch.
    pub fn forget_expired(&self, now: i64) {
        let mut known = self.write();
        known.sessions.forget_expired(now);
        known.tokens.forget_expired(now);
        known.accounts.forget_expired(now);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        let known = self.read();
        known.sessions.0.len() + known.tokens.0.len() + known.accounts.0.len()
    }

    /// Whether a verified token counts.
    ///
    /// # Errors
    /// [`TokenError::AccountErased`] or [`TokenError::SessionRevoked`].
    pub(super) fn check(&self, claims: &Claims) -> Result<(), TokenError> {
        let known = self.read();
        let user = claims.user_id();
        if known.accounts.get(user).is_some() {
            return Err(TokenError::AccountErased);
        }
        let session = claims.session_id().and_then(|session| known.sessions.get(session));
        let is_covered = |until: &i64| claims.issued_at().is_none_or(|issued| issued <= *until);
        if session.is_some() || known.tokens.get(user).is_some_and(is_covered) {
            return Err(TokenError::SessionRevoked);
        }
        Ok(())
    }

    /// Waits until the token of this user counts no more.
    pub async fn revoked(&self, user: &AuthenticatedUser) {
        let mut changes = self.changed.subscribe();
        while self.check(user.claims()).is_ok() && changes.changed().await.is_ok() {}
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn covers(&self, revoked: &Revoked) -> bool {
        match revoked {
            Revoked::Session(session) => self.sessions.get(session).is_some(),
            Revoked::Tokens(user, until) => {
                self.accounts.get(user).is_some()
                    || self.tokens.get(user).is_some_and(|known| known >= until)
            }
            Revoked::Account(user) => self.accounts.get(user).is_some(),
        }
    }
}

/// Values with an end, in seconds since the Unix epoch.
#[derive(Debug)]
struct Expiring<Key, Value>(HashMap<Key, (Value, i64), RandomState>);

impl<Key, Value> Default for Expiring<Key, Value> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<Key: Eq + Hash, Value: Copy + Ord> Expiring<Key, Value> {
    fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(key).map(|(value, _)| value)
    }

    /// Of two, the greater value and the later end.
    fn keep(&mut self, key: Key, value: Value, expires_at: i64) {
        let kept = self.0.entry(key).or_insert((value, expires_at));
        *kept = (kept.0.max(value), kept.1.max(expires_at));
    }

    fn forget_expired(&mut self, now: i64) {
        self.0.retain(|_, (_, expires_at)| *expires_at > now);
        // Most entries of a burst may be gone, and their memory with them.
        if self.0.capacity() > 4 * self.0.len() {
            self.0.shrink_to_fit();
        }
    }
}

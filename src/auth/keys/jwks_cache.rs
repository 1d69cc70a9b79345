//! The current key set of a JWKS endpoint.
//!
//! Reading the set is one atomic load: a token with a known key waits neither for a lock nor for I/O. A
//! separate thread fetches the set at start, at a fixed interval, and on demand when a request names an
//! unknown key. The cooldown begins before the fetch and whether or not it succeeds, so there is at most
//! one fetch per cooldown, however many unknown keys arrive. Until the first success it is shorter.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::{Semaphore, watch};

use super::cooldown::Cooldown;
use super::jwks::KeySet;
use super::jwks_fetch::FetchJwks;
use crate::auth::error::TokenError;
use crate::auth::jws::CompactJws;

/// How many requests may wait for a fetch. Further ones are refused at once.
const MAX_WAITING: usize = 256;

/// How long a request waits for a fetch: a little longer than a fetch may take.
const MAX_WAIT: Duration = Duration::from_millis(2_500);

/// The number of the next key set. Numbers are unique within the process, across all caches.
static NEXT_SET: AtomicU64 = AtomicU64::new(0);

/// When a [`JwksCache`] fetches.
#[derive(Clone, Copy, Debug)]
pub struct JwksTiming {
    /// The time between two scheduled fetches.
    pub refresh: Duration,
    /// The shortest time between two fetches of any kind, once a set was loaded. Before that it is the most.
    pub cooldown: Duration,
    /// How long the last good set is used while the endpoint is down.
    pub max_stale: Duration,
}

#[derive(Debug)]
struct Loaded {
    keys: KeySet,
    fetched_at: Instant,
    number: u64,
}

/// Keeps the key set of one endpoint; see the module's documentation. Dropping the last handle ends the thread.
#[derive(Debug)]
pub struct JwksCache {
    timing: JwksTiming,
    loaded: ArcSwapOption<Loaded>,
    cooldown: Cooldown,
    waiting: Semaphore,
    wake: SyncSender<()>,
    /// True from the claim of a fetch until it has ended.
    is_fetching: watch::Sender<bool>,
}

impl JwksCache {
    /// Starts the thread and the first fetch, and returns without waiting for it.
    ///
    /// # Errors
    /// When the operating system cannot start a thread.
    pub fn start(fetcher: impl FetchJwks, timing: JwksTiming) -> std::io::Result<Arc<Self>> {
        let (wake, woken) = sync_channel(1);
        let cache = Arc::new(Self {
            timing,
            loaded: ArcSwapOption::empty(),
            cooldown: Cooldown::new(timing.cooldown),
            waiting: Semaphore::new(MAX_WAITING),
            wake,
            is_fetching: watch::Sender::new(false),
        });
        // Before the thread runs, so that even the very first request waits for this fetch.
        cache.claim_fetch();
        let weak = Arc::downgrade(&cache);
        let run = move || keep_fresh(&weak, &woken, &fetcher);
        std::thread::Builder::new().name("jwks".to_owned()).spawn(run)?;
        Ok(cache)
    }

    /// Whether a usable key set is loaded and not too old.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.loaded.load().as_ref().is_some_and(|loaded| self.is_usable(loaded))
    }

    /// The time since the key set was fetched; `None` before the first successful fetch.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.loaded.load().as_ref().map(|loaded| loaded.fetched_at.elapsed())
    }

    fn is_usable(&self, loaded: &Loaded) -> bool {
        loaded.fetched_at.elapsed() <= self.timing.max_stale
    }

    /// Whether the set with this number is the current one and not too old.
    pub(in crate::auth) fn still_uses(&self, number: u64) -> bool {
        let loaded = self.loaded.load();
        loaded.as_ref().is_some_and(|loaded| loaded.number == number && self.is_usable(loaded))
    }

    /// Checks a signature with the current set and returns the number of the set. Never blocks.
    pub(in crate::auth) fn check_signature(&self, jws: &CompactJws<'_>) -> Result<u64, TokenError> {
        match self.loaded.load().as_deref().filter(|loaded| self.is_usable(loaded)) {
            Some(loaded) => loaded.keys.check_signature(jws).map(|()| loaded.number),
            None => Err(TokenError::KeysNotLoaded {
                retry_after_seconds: self.cooldown.retry_after_seconds(),
            }),
        }
    }

    /// Requests a fetch for a token with an unknown key, and waits until it has ended. If a fetch is in
    /// progress, waits for that one. Returns at once during the cooldown, or when too many requests wait.
    ///
    /// `None` when a fetch that began after the call has succeeded: an unknown key really does not exist then.
    /// Otherwise the seconds until the next fetch may start, at least 1.
    pub(in crate::auth) async fn refresh(&self) -> Option<u32> {
        let mut is_fetching = self.is_fetching.subscribe();
        let before = self.number();
        let is_mine = self.claim_fetch();
        // The permit is returned when the request ends, also when its client disconnects.
        if *is_fetching.borrow_and_update()
            && let Ok(_permit) = self.waiting.try_acquire()
        {
            let ended = is_fetching.wait_for(|is_fetching| !is_fetching);
            // After a timeout the token is verified with the keys that are loaded.
            let _ = tokio::time::timeout(MAX_WAIT, ended).await;
        }
        (!is_mine || self.number() == before).then(|| self.cooldown.retry_after_seconds())
    }

    /// The number of the current set, if there is one.
    fn number(&self) -> Option<u64> {
        self.loaded.load().as_ref().map(|loaded| loaded.number)
    }

    /// Claims the next fetch and wakes the thread. Returns false during a fetch or the cooldown.
    fn claim_fetch(&self) -> bool {
        // The check and the claim happen under the lock of `is_fetching`: of two concurrent callers, one claims the
        // fetch and the other sees it and can wait for it.
        let claimed = self.is_fetching.send_if_modified(|is_fetching| {
            let may_fetch = !*is_fetching && self.cooldown.claim();
            *is_fetching |= may_fetch;
            may_fetch
        });
        if claimed {
            // A full channel means that the thread has been woken already.
            let _ = self.wake.try_send(());
        }
        claimed
    }

    /// Whether a fetch is claimed or in progress.
    #[cfg(test)]
    pub(in crate::auth) fn is_fetching(&self) -> bool {
        *self.is_fetching.borrow()
    }

    /// How many requests wait for a fetch.
    #[cfg(test)]
    pub(in crate::auth) fn waiting(&self) -> usize {
        MAX_WAITING - self.waiting.available_permits()
    }

    /// Fetches once. After a failure the last good set stays. A set without a usable key is a failure too: it
    /// can judge no token, and is what an endpoint lists before its first key and after a fault of its own.
    fn fetch(&self, fetcher: &impl FetchJwks) {
        match fetcher.fetch() {
            Ok(fetched) => {
                for ignored in fetched.keys.ignored() {
                    log::warn!("JWKS: {ignored}");
                }
                if fetched.keys.is_empty() {
                    self.has_failed(&"the endpoint lists no usable key");
                } else {
                    self.has_succeeded(fetched.keys);
                }
            }
            Err(error) => self.has_failed(&error),
        }
        self.is_fetching.send_replace(false);
    }

    fn has_succeeded(&self, keys: KeySet) {
        let is_news = self.cooldown.succeeded();
        let level = if is_news { log::Level::Info } else { log::Level::Debug };
        log::log!(level, "JWKS: {} usable key(s) have come", keys.len());
        self.loaded.store(Some(Arc::new(Loaded {
            keys,
            fetched_at: Instant::now(),
            number: NEXT_SET.fetch_add(1, Ordering::Relaxed),
        })));
    }

    fn has_failed(&self, error: &dyn std::fmt::Display) {
        self.cooldown.failed();
        let consequence = if self.is_ready() {
            "the last good keys stay in use"
        } else {
            "requests with its tokens get 503 until a fetch succeeds"
        };
        log::warn!("JWKS: {error}; {consequence}");
    }

    /// The time until a scheduled fetch is due: when the set is as old as the interval, or missing. It stays due
    /// until a fetch succeeds, so a failed fetch is repeated after every cooldown.
    fn due_in(&self) -> Duration {
        let fresh_for =
            self.age().map_or(Duration::ZERO, |age| self.timing.refresh.saturating_sub(age));
        fresh_for.max(self.cooldown.left())
    }
}

/// The thread's loop. It holds the cache only while it works, so that dropping the last handle ends it.
fn keep_fresh(cache: &Weak<JwksCache>, woken: &Receiver<()>, fetcher: &impl FetchJwks) {
    loop {
        let due_in = match cache.upgrade() {
            None => return,
            Some(cache) => cache.due_in(),
        };
        let claimed = match woken.recv_timeout(due_in) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let Some(cache) = cache.upgrade() else { return };
        if claimed {
            cache.fetch(fetcher);
        } else if cache.due_in().is_zero() {
            // The claim wakes this thread, which then fetches in the next round.
            cache.claim_fetch();
        }
    }
}

//! The current key set of a JWKS endpoint.
//!
//! Reading the set is one atomic load: a token with a known key waits neither for a lock nor for I/O. A
//! separate thread fetches the set at start, at a fixed interval, and on demand when a request names an
//! unknown key. The cooldown begins before the fetch and whether or not it succeeds, so there is at most
//! one fetch per cooldown, however many unknown keys arrive.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::{Semaphore, watch};

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
    /// The shortest time between two fetches of any kind.
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
    started: Instant,
    loaded: ArcSwapOption<Loaded>,
    /// The end of the cooldown, in milliseconds after `started`.
    cooldown_ends: AtomicI64,
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
            started: Instant::now(),
            loaded: ArcSwapOption::empty(),
            cooldown_ends: AtomicI64::new(0),
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
        !loaded.keys.is_empty() && loaded.fetched_at.elapsed() <= self.timing.max_stale
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
            None => {
                Err(TokenError::KeysNotLoaded { retry_after_seconds: self.retry_after_seconds() })
            }
        }
    }

    /// Requests a fetch for a token with an unknown key, and waits until it has ended. If a fetch is in
    /// progress, waits for that one. Returns at once during the cooldown, or when too many requests wait.
    pub(in crate::auth) async fn refresh(&self) {
        let mut is_fetching = self.is_fetching.subscribe();
        self.claim_fetch();
        if !*is_fetching.borrow_and_update() {
            return;
        }
        // The permit is returned when the request ends, also when its client disconnects.
        if let Ok(_permit) = self.waiting.try_acquire() {
            let ended = is_fetching.wait_for(|is_fetching| !is_fetching);
            // After a timeout the token is verified with the keys that are loaded.
            let _ = tokio::time::timeout(MAX_WAIT, ended).await;
        }
    }

    /// Claims the next fetch and wakes the thread. Does nothing during a fetch or the cooldown.
    fn claim_fetch(&self) {
        let now = self.now_millis();
        // The check and the claim happen under the lock of `is_fetching`: of two concurrent callers, one claims the
        // fetch and the other sees it and can wait for it.
        let claimed = self.is_fetching.send_if_modified(|is_fetching| {
            let may_fetch = !*is_fetching && now >= self.cooldown_ends.load(Ordering::Relaxed);
            if may_fetch {
                let next = now.saturating_add(millis(self.timing.cooldown));
                self.cooldown_ends.store(next, Ordering::Relaxed);
                *is_fetching = true;
            }
            may_fetch
        });
        if claimed {
            // A full channel means that the thread has been woken already.
            let _ = self.wake.try_send(());
        }
    }

    /// Whole seconds until the cooldown ends, at least 1.
    fn retry_after_seconds(&self) -> u32 {
        let left = self.cooldown_ends.load(Ordering::Relaxed).saturating_sub(self.now_millis());
        u32::try_from(left.div_euclid(1000).saturating_add(1)).unwrap_or(1).max(1)
    }

    /// Whether a fetch is claimed or in progress.
    #[cfg(test)]
    pub(in crate::auth) fn is_fetching(&self) -> bool {
        *self.is_fetching.borrow()
    }

    fn now_millis(&self) -> i64 {
        millis(self.started.elapsed())
    }

    /// Fetches once. After a failure the last good set stays.
    fn fetch(&self, fetcher: &impl FetchJwks) {
        match fetcher.fetch() {
            Ok(fetched) => {
                for ignored in fetched.keys.ignored() {
                    log::warn!("JWKS: {ignored}");
                }
                log::debug!("JWKS: {} usable key(s)", fetched.keys.len());
                if fetched.keys.is_empty() {
                    log::warn!("JWKS: the endpoint lists no usable key");
                }
                self.loaded.store(Some(Arc::new(Loaded {
                    keys: fetched.keys,
                    fetched_at: Instant::now(),
                    number: NEXT_SET.fetch_add(1, Ordering::Relaxed),
                })));
            }
            Err(error) => log::warn!("JWKS: {error}; {}", self.consequence()),
        }
        self.is_fetching.send_replace(false);
    }

    /// Whether a scheduled fetch is due: the set is missing, empty or as old as the interval. It stays due until
    /// a fetch succeeds, so a failed fetch is repeated after every cooldown.
    fn is_due(&self) -> bool {
        let loaded = self.loaded.load();
        loaded.as_ref().is_none_or(|loaded| {
            loaded.keys.is_empty() || loaded.fetched_at.elapsed() >= self.timing.refresh
        })
    }

    fn consequence(&self) -> &'static str {
        if self.is_ready() {
            "the last good keys stay in use"
        } else {
            "requests with its tokens get 503 until a fetch succeeds"
        }
    }
}

/// The thread's loop. It holds the cache only while it works, so that dropping the last handle ends it.
fn keep_fresh(cache: &Weak<JwksCache>, woken: &Receiver<()>, fetcher: &impl FetchJwks) {
    loop {
        let pause = match cache.upgrade() {
            None => return,
            Some(cache) => cache.timing.cooldown.min(cache.timing.refresh),
        };
        let claimed = match woken.recv_timeout(pause) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let Some(cache) = cache.upgrade() else { return };
        if claimed {
            cache.fetch(fetcher);
        } else if cache.is_due() {
            // The claim wakes this thread, which then fetches in the next round.
            cache.claim_fetch();
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

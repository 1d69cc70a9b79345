//! The current key set of a JWKS endpoint.
//!
//! Reading it is one atomic load: a token with a known key never waits for a lock or for I/O. A
//! thread of its own fetches: at start, at every interval, and when a request asks because of an
//! unknown key. An attempt is noted before it is made and counts whether or not it succeeds, so
//! however many unknown keys arrive, there is at most one fetch per cooldown.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use super::jwks::KeySet;
use super::jwks_fetch::FetchJwks;
use crate::auth::error::TokenError;
use crate::auth::jws::CompactJws;

/// How many requests may wait for a fetch in flight; the others are answered at once.
const MAX_WAITING: usize = 256;

/// How long a request waits for a fetch in flight: a little longer than a fetch may take.
const MAX_WAIT: Duration = Duration::from_millis(2_500);

/// The number of the next set, of whichever cache: no two sets of a process share one.
static NEXT_SET: AtomicU64 = AtomicU64::new(0);

/// The rhythm of a [`JwksCache`].
#[derive(Clone, Copy, Debug)]
pub struct JwksTiming {
    /// Between two fetches when all is well.
    pub refresh: Duration,
    /// Between two fetches at the least.
    pub cooldown: Duration,
    /// How long the last good set serves while the endpoint is down.
    pub max_stale: Duration,
}

#[derive(Debug)]
struct Loaded {
    keys: KeySet,
    at: Instant,
    number: u64,
}

/// See the module's documentation. Dropping the last handle ends the thread.
#[derive(Debug)]
pub struct JwksCache {
    timing: JwksTiming,
    started: Instant,
    loaded: ArcSwapOption<Loaded>,
    /// Milliseconds after `started` before which no fetch may begin.
    not_before: AtomicI64,
    waiting: AtomicUsize,
    wake: SyncSender<()>,
    /// Even at rest, odd from the claim of a fetch to its end.
    phase: watch::Sender<u64>,
}

impl JwksCache {
    /// Starts the thread and returns at once; the first fetch is under way.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub fn start(fetcher: impl FetchJwks, timing: JwksTiming) -> std::io::Result<Arc<Self>> {
        let (wake, woken) = sync_channel(1);
        let cache = Arc::new(Self {
            timing,
            started: Instant::now(),
            loaded: ArcSwapOption::empty(),
            not_before: AtomicI64::new(0),
            waiting: AtomicUsize::new(0),
            wake,
            phase: watch::Sender::new(0),
        });
        // Claimed here, so that a request that comes first waits for this fetch.
        cache.claim();
        let weak = Arc::downgrade(&cache);
        let run = move || keep_fresh(&weak, &woken, &fetcher);
        std::thread::Builder::new().name("jwks".to_owned()).spawn(run)?;
        Ok(cache)
    }

    /// Whether a usable key set is there and not too old.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.loaded.load().as_ref().is_some_and(|loaded| self.serves(loaded))
    }

    /// How long ago the key set was fetched; `None` before the first time.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.loaded.load().as_ref().map(|loaded| loaded.at.elapsed())
    }

    fn serves(&self, loaded: &Loaded) -> bool {
        !loaded.keys.is_empty() && loaded.at.elapsed() <= self.timing.max_stale
    }

    /// Whether the set with this number is the current one, and not too old.
    pub(in crate::auth) fn serves_set(&self, number: u64) -> bool {
        let loaded = self.loaded.load();
        loaded.as_ref().is_some_and(|loaded| loaded.number == number && self.serves(loaded))
    }

    /// Checks a signature with the current set and gives its number; never blocks.
    pub(in crate::auth) fn check_signature(&self, jws: &CompactJws<'_>) -> Result<u64, TokenError> {
        match self.loaded.load().as_deref().filter(|loaded| self.serves(loaded)) {
            Some(loaded) => loaded.keys.check_signature(jws).map(|()| loaded.number),
            None => {
                Err(TokenError::KeysNotLoaded { retry_after_seconds: self.retry_after_seconds() })
            }
        }
    }

    /// Asks for a fetch on behalf of a token whose key is not known. Resolves when a fetch that is in
    /// flight, or that this call started, has ended; at once when none may start yet.
    pub(in crate::auth) async fn refresh(&self) {
        let mut phase = self.phase.subscribe();
        self.claim();
        // Odd whether this call began the fetch or another one did; even only during the cooldown.
        if phase.borrow_and_update().is_multiple_of(2) {
            return;
        }
        if let Some(_place) = Place::take(&self.waiting) {
            let idle = phase.wait_for(|phase| phase.is_multiple_of(2));
            // A timeout and a stopped thread come to the same: the token is judged by what is there.
            let _ = tokio::time::timeout(MAX_WAIT, idle).await;
        }
    }

    /// Takes the right to fetch, and wakes the thread; does nothing during a fetch and the cooldown.
    fn claim(&self) {
        let now = self.now_millis();
        // The lock of `phase` makes one step of looking and taking, so that whoever comes second
        // sees the fetch and can wait for it.
        let claimed = self.phase.send_if_modified(|phase| {
            let is_free = phase.is_multiple_of(2) && now >= self.not_before.load(Ordering::Relaxed);
            if is_free {
                let next = now.saturating_add(millis(self.timing.cooldown));
                self.not_before.store(next, Ordering::Relaxed);
                *phase += 1;
            }
            is_free
        });
        if claimed {
            // A full channel means that the thread has been woken already.
            let _ = self.wake.try_send(());
        }
    }

    /// Whole seconds until the cooldown ends, at least 1.
    fn retry_after_seconds(&self) -> u32 {
        let left = self.not_before.load(Ordering::Relaxed).saturating_sub(self.now_millis());
        u32::try_from(left.div_euclid(1000).saturating_add(1)).unwrap_or(1).max(1)
    }

    /// Whether a fetch is claimed or under way.
    #[cfg(test)]
    pub(in crate::auth) fn is_fetching(&self) -> bool {
        !self.phase.borrow().is_multiple_of(2)
    }

    fn now_millis(&self) -> i64 {
        millis(self.started.elapsed())
    }

    /// One fetch. On failure the last good set stays.
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
                    at: Instant::now(),
                    number: NEXT_SET.fetch_add(1, Ordering::Relaxed),
                })));
            }
            Err(error) => log::warn!("JWKS: {error}; {}", self.consequence()),
        }
        self.phase.send_modify(|phase| *phase += 1);
    }

    /// A set younger than the interval needs no fetch; a failure is repeated after each cooldown.
    fn is_due(&self) -> bool {
        let loaded = self.loaded.load();
        loaded.as_ref().is_none_or(|loaded| {
            loaded.keys.is_empty() || loaded.at.elapsed() >= self.timing.refresh
        })
    }

    fn consequence(&self) -> &'static str {
        if self.is_ready() {
            "the last good keys go on serving"
        } else {
            "tokens signed with its keys are answered 503 until it works"
        }
    }
}

/// The thread. It holds the cache only while it works, so that the cache can be dropped.
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
            // The wake-up of this claim arrives in the next round.
            cache.claim();
        }
    }
}

/// A place among those who wait, given back when the request is answered or its client hangs up.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(taken: &'a AtomicUsize) -> Option<Self> {
        let place = Self(taken);
        (taken.fetch_add(1, Ordering::Relaxed) < MAX_WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

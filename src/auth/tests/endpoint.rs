//! A JWKS endpoint that a test controls: it returns what the test says, counts fetches, and can hang.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fixtures::document;
use crate::auth::{FetchError, FetchJwks, Fetched, JwksCache, JwksTiming, KeySet};

/// Longer than any step takes on a busy machine. Only a failing test reaches it.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// Longer than any test takes.
pub(super) const HOUR: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
struct State {
    /// The document; `None` while the endpoint is broken.
    document: Option<Vec<u8>>,
    begun: usize,
    is_hanging: bool,
}

/// The test's side. Dropping it releases a hanging fetch, so that its thread ends.
#[derive(Debug)]
pub(super) struct Endpoint(Arc<(Mutex<State>, Condvar)>);

/// The cache's side of an [`Endpoint`].
pub(super) struct Fetcher {
    shared: Arc<(Mutex<State>, Condvar)>,
    _alive: Arc<()>,
}

impl Endpoint {
    /// An endpoint with these keys.
    pub(super) fn with(entries: &[Value]) -> Self {
        let document = Some(document(entries));
        let state = State { document, begun: 0, is_hanging: false };
        Self(Arc::new((Mutex::new(state), Condvar::new())))
    }

    /// An endpoint whose fetches fail.
    pub(super) fn broken() -> Self {
        let endpoint = Self::with(&[]);
        endpoint.break_down();
        endpoint
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let (state, changed) = &*self.0;
        change(&mut state.lock().unwrap());
        changed.notify_all();
    }

    /// From now on, fetches return these keys.
    pub(super) fn publish(&self, entries: &[Value]) {
        self.change(|state| state.document = Some(document(entries)));
    }

    /// From now on, fetches fail.
    pub(super) fn break_down(&self) {
        self.change(|state| state.document = None);
    }

    /// From now on, fetches hang until [`Endpoint::go_on`].
    pub(super) fn hang(&self) {
        self.change(|state| state.is_hanging = true);
    }

    /// Ends hanging fetches.
    pub(super) fn go_on(&self) {
        self.change(|state| state.is_hanging = false);
    }

    /// How many fetches have begun.
    pub(super) fn fetches(&self) -> usize {
        self.0.0.lock().unwrap().begun
    }

    /// The cache's side, and a handle that expires when the cache's thread drops it.
    pub(super) fn fetcher(&self) -> (Fetcher, std::sync::Weak<()>) {
        let alive = Arc::new(());
        let weak = Arc::downgrade(&alive);
        (Fetcher { shared: Arc::clone(&self.0), _alive: alive }, weak)
    }

    /// A cache for this endpoint. Its first fetch has ended, unless it hangs.
    pub(super) fn cache(&self, timing: JwksTiming) -> Arc<JwksCache> {
        let cache = JwksCache::start(self.fetcher().0, timing).unwrap();
        wait_until("the first fetch ends", || !cache.is_fetching() || self.is_hanging());
        cache
    }

    fn is_hanging(&self) -> bool {
        self.0.0.lock().unwrap().is_hanging
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.go_on();
    }
}

impl FetchJwks for Fetcher {
    fn fetch(&self) -> Result<Fetched, FetchError> {
        let (state, changed) = &*self.shared;
        let mut state = state.lock().unwrap();
        state.begun += 1;
        changed.notify_all();
        let state = changed.wait_while(state, |state| state.is_hanging).unwrap();
        let document = state.document.as_ref().ok_or(FetchError::Status(500))?;
        Ok(Fetched { keys: KeySet::parse(document)?, date: None })
    }
}

/// Waits until `is_true`; fails after [`DEADLINE`].
pub(super) fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_true() {
        assert!(begun.elapsed() < DEADLINE, "still waiting until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

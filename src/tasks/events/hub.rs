//! Who listens on this instance, and how far each listener's owner has come.
//!
//! A write through this instance names its owner, and the [`super::poll`] reads that owner's row at once; the rows of
//! all owners with a stream it reads every second, which finds the writes of other instances.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::auth::OwnerId;
use crate::tasks::task::owner_state::OwnerState;

/// The most streams of one user on one instance.
pub(super) const MAX_STREAMS_OF_USER: usize = 8;

/// All streams of an instance; clones share them.
#[derive(Clone)]
pub(crate) struct Hub(Arc<Shared>);

struct Shared {
    /// The most streams of this instance.
    limit: usize,
    /// How many there are.
    open: AtomicUsize,
    owners: Mutex<HashMap<String, Listeners>>,
    written: Mutex<HashSet<String>>,
    wake: Notify,
    hints: AtomicU64,
    poll_micros: AtomicU64,
}

/// The streams of one owner. The state is `None` until it was read.
struct Listeners {
    streams: usize,
    state: watch::Sender<Option<OwnerState>>,
}

impl Hub {
    /// Without a stream yet.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared {
            limit,
            open: AtomicUsize::new(0),
            owners: Mutex::default(),
            written: Mutex::default(),
            wake: Notify::new(),
            hints: AtomicU64::new(0),
            poll_micros: AtomicU64::new(0),
        }))
    }

    /// A new stream for this owner; `None` when the owner or the instance has as many as it may have.
    pub(super) fn listen(&self, owner: &OwnerId) -> Option<Subscription> {
        let user_id = owner.as_str().to_owned();
        let mut owners = self.owners();
        if self.0.open.load(Ordering::Relaxed) >= self.0.limit {
            return None;
        }
        let listeners = owners
            .entry(user_id.clone())
            .or_insert_with(|| Listeners { streams: 0, state: watch::Sender::new(None) });
        if listeners.streams >= MAX_STREAMS_OF_USER {
            return None;
        }
        listeners.streams += 1;
        self.0.open.fetch_add(1, Ordering::Relaxed);
        let state = listeners.state.subscribe();
        drop(owners);
        self.note(user_id.clone());
        Some(Subscription { hub: self.clone(), user_id, state })
    }

    /// This owner has written. It costs next to nothing when the owner has no stream here.
    pub(in crate::tasks) fn wrote(&self, owner: &OwnerId) {
        let is_heard =
            self.0.open.load(Ordering::Relaxed) > 0 && self.owners().contains_key(owner.as_str());
        if is_heard {
            self.note(owner.as_str().to_owned());
        }
    }

    fn note(&self, user_id: String) {
        self.0.written.lock().unwrap_or_else(PoisonError::into_inner).insert(user_id);
        self.0.wake.notify_one();
    }

    /// Waits until an owner with a stream has written, or begins to listen.
    pub(super) async fn woken(&self) {
        self.0.wake.notified().await;
    }

    /// Those owners, each once.
    pub(super) fn take_written(&self) -> Vec<String> {
        let mut written = self.0.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.drain().collect()
    }

    /// All owners with a stream.
    pub(super) fn all(&self) -> Vec<String> {
        self.owners().keys().cloned().collect()
    }

    /// Tells the streams of an owner how far it has come, if that is news.
    pub(super) fn tell(&self, user_id: &str, state: OwnerState) {
        if let Some(listeners) = self.owners().get(user_id) {
            listeners.state.send_if_modified(|known| {
                let is_news = *known != Some(state);
                *known = Some(state);
                is_news
            });
        }
    }

    /// Notes how long a look at the owners took.
    pub(super) fn polled(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0.poll_micros.store(micros, Ordering::Relaxed);
    }

    /// For the metrics: open streams, hints since the start, and how many seconds the last look at the owners took.
    pub(crate) fn counts(&self) -> (usize, u64, f64) {
        let poll = Duration::from_micros(self.0.poll_micros.load(Ordering::Relaxed));
        let hints = self.0.hints.load(Ordering::Relaxed);
        (self.0.open.load(Ordering::Relaxed), hints, poll.as_secs_f64())
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<String, Listeners>> {
        self.0.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open stream; it is counted for as long as this lives.
pub(super) struct Subscription {
    hub: Hub,
    user_id: String,
    state: watch::Receiver<Option<OwnerState>>,
}

impl Subscription {
    /// Whose stream it is.
    pub(super) fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Takes a state that is known already for one that the stream has not seen.
    pub(super) fn begin(&mut self) {
        self.state.mark_changed();
    }

    /// Waits for a state that this stream has not seen; `None` never, as long as the hub lives.
    pub(super) async fn changed(&mut self) -> Option<OwnerState> {
        loop {
            self.state.changed().await.ok()?;
            let state = *self.state.borrow_and_update();
            if state.is_some() {
                self.hub.0.hints.fetch_add(1, Ordering::Relaxed);
                return state;
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut owners = self.hub.owners();
        if let Some(listeners) = owners.get_mut(&self.user_id) {
            listeners.streams -= 1;
            if listeners.streams == 0 {
                owners.remove(&self.user_id);
            }
        }
        self.hub.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

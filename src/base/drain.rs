//! The state of a graceful shutdown: whether it has begun, and how many connections are open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// How long idle connections stay open after new ones are refused. A connection in frequent use gets a response
/// in this time, and closes with that response rather than just before the next request.
const LINGER: Duration = Duration::from_secs(1);

/// The interval at which the number of open connections is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The shutdown state of one server, shared by all clones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drain {
    begun: Arc<AtomicBool>,
    wake: Arc<Notify>,
    open: Arc<AtomicUsize>,
}

impl Drain {
    /// Begins the shutdown.
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
        self.wake.notify_waiters();
    }

    /// Waits until the shutdown begins.
    pub(crate) async fn begun(&self) {
        let woken = self.wake.notified();
        if !self.has_begun() {
            woken.await;
        }
    }

    /// Whether the shutdown has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// Counts a connection as open until the returned value is dropped.
    pub(crate) fn count(&self) -> OpenConnection {
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenConnection(Arc::clone(&self.open))
    }

    /// Waits until no connection is open, at most one second.
    pub(crate) async fn linger(&self) {
        let none_is_open = async {
            while self.open.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        };
        // The rest is idle, or has a request in flight, which gets time of its own when the server stops.
        let _ = tokio::time::timeout(LINGER, none_is_open).await;
    }
}

/// An open connection.
pub(crate) struct OpenConnection(Arc<AtomicUsize>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

//! Whether the server is about to stop, and how many connections are open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How long connections without a request stay open once new ones are refused. A connection that a
/// proxy uses every few milliseconds is closed by an answer in this time, and not between two requests.
const LINGER: Duration = Duration::from_secs(1);

/// How often it is looked whether any are left.
const LOOK: Duration = Duration::from_millis(20);

/// Whether the server is about to stop, and how many connections it has. Clones share one answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drain {
    begun: Arc<AtomicBool>,
    open: Arc<AtomicUsize>,
}

impl Drain {
    /// From now on.
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Counts a connection until what is returned is dropped.
    pub(crate) fn count(&self) -> OpenConnection {
        self.open.fetch_add(1, Ordering::Relaxed);
        OpenConnection(Arc::clone(&self.open))
    }

    /// Resolves when no connection is open any more, and after a second at the latest.
    pub(crate) async fn linger(&self) {
        let none_is_open = async {
            while self.open.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(LOOK).await;
            }
        };
        // Those that are left are idle, or have a request in flight that gets its own time.
        let _ = tokio::time::timeout(LINGER, none_is_open).await;
    }
}

/// A connection that is open.
pub(crate) struct OpenConnection(Arc<AtomicUsize>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

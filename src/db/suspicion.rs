//! What the loss of one connection says about the others: a server that went away took all of them.

use std::sync::Mutex;
use std::time::Instant;

/// When a connection was last found broken.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    raised: Mutex<Option<Instant>>,
}

impl Suspicion {
    /// From now on no connection is trusted that has not worked since.
    pub(super) fn raise(&self) {
        *self.lock() = Some(Instant::now());
    }

    /// Whether a connection that last worked at this moment may have been lost as well.
    pub(super) fn covers(&self, worked_at: Instant) -> bool {
        self.lock().is_some_and(|raised| worked_at <= raised)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        // An instant is whole, whoever panicked.
        self.raised.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::Suspicion;

    #[test]
    fn a_loss_covers_what_worked_before_it_and_nothing_after() {
        let suspicion = Suspicion::default();
        let before = Instant::now();
        assert!(!suspicion.covers(before));
        suspicion.raise();
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!(suspicion.covers(before));
        assert!(!suspicion.covers(Instant::now()));
    }
}

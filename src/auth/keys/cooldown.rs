//! When the next fetch of a key set may start. The cooldown begins with the claim of a fetch, whether or not it
//! succeeds. Before the first success it is short and doubles with every failure.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The cooldown after the first attempt. Short, because an API that is started before its front end refuses every
/// request until the keys come, and no key is at stake yet.
const FIRST: Duration = Duration::from_millis(500);

/// The cooldown of one endpoint.
#[derive(Debug)]
pub(super) struct Cooldown {
    usual: Duration,
    started: Instant,
    /// When the last fetch was claimed, in milliseconds after `started`.
    claimed_at: AtomicI64,
    /// Fetches that failed since the last success.
    failures: AtomicU32,
    has_succeeded: AtomicBool,
}

impl Cooldown {
    /// A cooldown that is over. `usual` is its length after the first success, and its longest before.
    pub(super) fn new(usual: Duration) -> Self {
        Self {
            usual,
            started: Instant::now(),
            claimed_at: AtomicI64::new(i64::MIN),
            failures: AtomicU32::new(0),
            has_succeeded: AtomicBool::new(false),
        }
    }

    /// Begins the cooldown if the last one is over; otherwise returns false. Callers exclude each other.
    pub(super) fn claim(&self) -> bool {
        let is_over = self.left().is_zero();
        if is_over {
            self.claimed_at.store(self.now(), Ordering::Relaxed);
        }
        is_over
    }

    /// Notes a success. Returns whether it is the first one, at all or after failures.
    pub(super) fn succeeded(&self) -> bool {
        let had_failed = self.failures.swap(0, Ordering::Relaxed) > 0;
        !self.has_succeeded.swap(true, Ordering::Relaxed) || had_failed
    }

    /// Notes a failure.
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// The time until a fetch may start, in whole milliseconds.
    pub(super) fn left(&self) -> Duration {
        let length = if self.has_succeeded.load(Ordering::Relaxed) {
            self.usual
        } else {
            before_success(self.failures.load(Ordering::Relaxed)).min(self.usual)
        };
        let end = self.claimed_at.load(Ordering::Relaxed).saturating_add(millis(length));
        Duration::from_millis(u64::try_from(end.saturating_sub(self.now())).unwrap_or(0))
    }

    /// [`Cooldown::left`] in whole seconds, at least 1: the value of `Retry-After`.
    pub(super) fn retry_after_seconds(&self) -> u32 {
        u32::try_from(self.left().as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
    }

    fn now(&self) -> i64 {
        millis(self.started.elapsed())
    }
}

fn before_success(failures: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_first_success_it_doubles_up_to_the_usual_one() {
        let cooldown = Cooldown::new(Duration::from_secs(3600));
        assert!(cooldown.claim() && !cooldown.claim());
        let mut announced = Vec::new();
        for _ in 0..16 {
            cooldown.failed();
            announced.push(cooldown.retry_after_seconds());
        }
        assert_eq!(announced[..7], [1, 1, 2, 4, 8, 16, 32]);
        assert_eq!(announced[14..], [3600, 3600]);
        assert_eq!(before_success(1), FIRST);
        assert_eq!(before_success(u32::MAX), FIRST * u32::MAX);
    }

    #[test]
    fn the_first_success_makes_it_the_usual_one() {
        let cooldown = Cooldown::new(Duration::from_secs(3600));
        assert!(cooldown.claim());
        assert!(cooldown.succeeded(), "the keys have come");
        assert!(!cooldown.succeeded(), "which is said once");
        assert_eq!(cooldown.retry_after_seconds(), 3600);
        cooldown.failed();
        assert_eq!(cooldown.retry_after_seconds(), 3600);
        assert!(cooldown.succeeded(), "and after every failure");
    }
}

//! The generic cell rate algorithm (GCRA) for many keys: a burst up to the whole quota, which then refills at a constant rate.
//! All that is stored of a key is when its quota will be full again, and that can be shared: what a key has used elsewhere only
//! moves that moment ([ADR 27](../../../docs/adr/0027-the-limit-of-a-user-across-instances.md)).

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use tokio::sync::Notify;

/// How many parts the keys are in, so that workers seldom wait for each other.
const PARTS: usize = 32;

/// After this many checks, keys whose quota is full again are removed from memory.
const CLEANUP_INTERVAL: u32 = 4096;

/// A key's use is reported once it is this part of the quota, and at once when it is the second.
const REPORTED: u32 = 60;
const URGENT: u32 = 20;

/// The same quota for every key.
pub(super) struct Quota<Key> {
    pub(super) per_minute: NonZeroU32,
    /// The time in which one unit comes back.
    unit: Duration,
    /// Times are since then.
    start: Instant,
    hasher: RandomState,
    parts: [Mutex<HashMap<Key, Use, RandomState>>; PARTS],
    checks: AtomicU32,
    /// The keys that have something to report, once each.
    to_report: Mutex<Vec<Key>>,
    is_urgent: Notify,
}

/// What one key has used.
#[derive(Clone, Copy, Default)]
struct Use {
    /// When its quota will be full again.
    full_at: Duration,
    /// The units that were not reported yet.
    pending: u32,
}

impl<Key: Hash + Eq + Clone> Quota<Key> {
    /// `None` for 0, which means no limit.
    pub(super) fn new(per_minute: u32) -> Option<Self> {
        let per_minute = NonZeroU32::new(per_minute)?;
        let hasher = RandomState::default();
        let parts = std::array::from_fn(|_| Mutex::new(HashMap::with_hasher(hasher.clone())));
        Some(Self {
            per_minute,
            unit: Duration::from_secs(60) / per_minute.get(),
            start: Instant::now(),
            hasher,
            parts,
            checks: AtomicU32::new(0),
            to_report: Mutex::default(),
            is_urgent: Notify::new(),
        })
    }

    /// Takes one unit of a key's quota. Returns the rest, or the seconds until a unit is available.
    pub(super) fn take(&self, key: &Key) -> Result<u32, u64> {
        let now = self.start.elapsed();
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLEANUP_INTERVAL) {
            self.parts.iter().for_each(|part| lock(part).retain(|_, used| used.full_at > now));
        }
        let whole = self.unit * self.per_minute.get();
        let mut part = lock(self.part(key));
        let used = match part.get_mut(key) {
            Some(used) => used,
            None => part.entry(key.clone()).or_default(),
        };
        let full_in = used.full_at.saturating_sub(now) + self.unit;
        if full_in > whole {
            let wait = full_in - whole;
            return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        }
        used.full_at = now + full_in;
        used.pending += 1;
        let pending = used.pending;
        drop(part);
        self.note(key, pending);
        let left = (whole - full_in).as_nanos() / self.unit.as_nanos().max(1);
        Ok(u32::try_from(left).unwrap_or(u32::MAX))
    }

    fn part(&self, key: &Key) -> &Mutex<HashMap<Key, Use, RandomState>> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default();
        &self.parts[hash % PARTS]
    }

    fn note(&self, key: &Key, pending: u32) {
        let part_of_quota = |part: u32| (self.per_minute.get() / part).max(1);
        if pending == part_of_quota(REPORTED) {
            lock(&self.to_report).push(key.clone());
        }
        if pending == part_of_quota(URGENT) {
            self.is_urgent.notify_one();
        }
    }

    /// Waits until a key has used so much that others must know at once.
    pub(super) async fn urgent(&self) {
        self.is_urgent.notified().await;
    }

    /// The keys that have used enough to be reported, and for each how long that use takes to come back.
    pub(super) fn report(&self) -> Vec<(Key, Duration)> {
        let keys = std::mem::take(&mut *lock(&self.to_report));
        let take = |key: Key| {
            let pending = std::mem::take(&mut lock(self.part(&key)).get_mut(&key)?.pending);
            Some((key, self.unit * pending))
        };
        keys.into_iter().filter_map(take).collect()
    }

    /// Notes what all have used of a key's quota, up to the last report: it will be full again after this time.
    pub(super) fn learn(&self, key: Key, full_in: Duration) {
        let now = self.start.elapsed();
        let mut part = lock(self.part(&key));
        let used = part.entry(key).or_default();
        used.full_at = used.full_at.max(now + full_in + self.unit * used.pending);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_quota() {
        let quota = Quota::new(3).unwrap();
        let left: Vec<u32> = (0..3).filter_map(|_| quota.take(&"alice").ok()).collect();
        assert_eq!(left, [2, 1, 0]);
        assert_eq!(quota.take(&"alice"), Err(20));
        assert_eq!(quota.take(&"bob"), Ok(2));
        assert!(Quota::<&str>::new(0).is_none());
    }

    #[test]
    fn a_unit_comes_back_at_a_constant_rate() {
        let quota = Quota::new(1_200).unwrap();
        while quota.take(&"alice").is_ok() {}
        std::thread::sleep(Duration::from_millis(120));
        let again = (0..).take_while(|_| quota.take(&"alice").is_ok()).count();
        assert!((2..20).contains(&again), "{again}");
    }

    #[test]
    fn keys_with_a_full_quota_are_removed() {
        let quota = Quota::new(u32::MAX).unwrap();
        for number in 0..3 * CLEANUP_INTERVAL {
            quota.take(&number).unwrap();
        }
        let kept: usize = quota.parts.iter().map(|part| lock(part).len()).sum();
        assert!(kept < 2 * usize::try_from(CLEANUP_INTERVAL).unwrap());
    }

    #[test]
    fn only_what_is_much_is_reported_and_only_once() {
        let quota = Quota::new(600).unwrap();
        for _ in 0..9 {
            quota.take(&"alice").unwrap();
        }
        assert_eq!(quota.report(), []);
        quota.take(&"alice").unwrap();
        assert_eq!(quota.report(), [("alice", Duration::from_secs(1))]);
        assert_eq!(quota.report(), []);
    }

    #[test]
    fn what_was_used_elsewhere_is_used() {
        let quota = Quota::new(60).unwrap();
        quota.take(&"alice").unwrap();
        quota.report();
        quota.learn("alice", Duration::from_secs(58));
        assert_eq!(quota.take(&"alice"), Ok(1));
        quota.learn("alice", Duration::from_secs(100));
        assert_eq!(quota.take(&"alice"), Err(42), "what was taken meanwhile counts beside it");
        // A table that was emptied gives nothing back.
        quota.learn("alice", Duration::ZERO);
        assert_eq!(quota.take(&"alice"), Err(42));
    }
}

//! What the clients met around one outage, held against what they were promised.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::crowd::Sample;
use crate::extent::{ms, spread};

/// How long after the database is back a request may still fail.
pub const RECOVERY: Duration = Duration::from_secs(2);

/// Waiting for a connection (3 s), for the statement (5 s) and for an answer that never comes (2 s).
pub const LIMIT: Duration = Duration::from_secs(10);

/// One outage as the clients met it.
#[derive(Debug)]
pub struct Met {
    requests: usize,
    pub failed: usize,
    /// Those of them that only read.
    pub failed_reads: usize,
    /// The most that one client failed.
    failed_most: usize,
    /// The same of answers that came after the database was back.
    pub failed_late_most: usize,
    /// Whether a client got a 503 before anything had happened.
    early: bool,
    /// The longest that a client waited before anything had happened: what a busy machine takes anyway.
    usual: Duration,
    /// How long the database was away.
    away: Duration,
    /// When, after the database was back, the last 503 arrived.
    last_failure: Duration,
    /// When every client had had a good answer again.
    pub recovered: Duration,
    /// The longest that a client waited for an answer.
    pub longest: Duration,
}

impl Met {
    /// `down` is the moment before it happened, `back` the one after.
    pub fn of(samples: &[Sample], down: Instant, back: Instant) -> Self {
        let (mut failures, mut late_failures) = (BTreeMap::new(), BTreeMap::new());
        let mut first_good = BTreeMap::new();
        for sample in samples {
            *failures.entry(sample.client).or_insert(0) += usize::from(sample.failed);
            let late = sample.failed && sample.ended >= back;
            *late_failures.entry(sample.client).or_insert(0) += usize::from(late);
            let good = first_good.entry(sample.client).or_insert(None);
            if !sample.failed && sample.ended >= back && good.is_none() {
                *good = Some(sample.ended.max(back) - sample.started.max(back));
            }
        }
        let failed = || samples.iter().filter(|sample| sample.failed);
        let after = |sample: &Sample| sample.ended.saturating_duration_since(back);
        Self {
            requests: samples.len(),
            failed: failed().count(),
            failed_reads: failed().filter(|sample| sample.read).count(),
            failed_most: failures.into_values().max().unwrap_or_default(),
            failed_late_most: late_failures.into_values().max().unwrap_or_default(),
            early: failed().any(|sample| sample.ended < down),
            usual: samples
                .iter()
                .map(|sample| sample.ended.min(down).saturating_duration_since(sample.started))
                .max()
                .unwrap(),
            away: back - down,
            last_failure: failed().map(after).max().unwrap_or_default(),
            recovered: first_good
                .into_values()
                .map(|good| good.unwrap_or(Duration::MAX))
                .max()
                .unwrap(),
            longest: samples.iter().map(|sample| sample.ended - sample.started).max().unwrap(),
        }
    }

    /// Fails when a promise was broken.
    pub fn check(&self) {
        assert!(!self.early, "503 before anything had happened: {self}");
        assert!(self.last_failure < RECOVERY, "still 503: {self}");
        assert!(self.recovered < RECOVERY + self.usual, "a client still had to wait: {self}");
        assert!(self.longest < LIMIT + self.usual, "a client waited too long: {self}");
    }
}

impl std::fmt::Display for Met {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "away {}, {} of {} requests got 503 ({} that only read; one client at most {}), the last {} after it was \
             back; all served again after {}; longest wait {}, before it {}",
            ms(self.away),
            self.failed,
            self.requests,
            self.failed_reads,
            self.failed_most,
            ms(self.last_failure),
            ms(self.recovered),
            ms(self.longest),
            ms(self.usual)
        )
    }
}

/// Several outages together.
#[derive(Debug, Default)]
pub struct Tally {
    requests: usize,
    pub failed: usize,
    failed_reads: usize,
    recovered: Vec<Duration>,
    longest: Duration,
}

impl Tally {
    pub fn add(&mut self, met: &Met) {
        self.requests += met.requests;
        self.failed += met.failed;
        self.failed_reads += met.failed_reads;
        self.recovered.push(met.recovered);
        self.longest = self.longest.max(met.longest);
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} of {} requests got 503 ({} that only read); all served again after {}; longest wait {}",
            self.failed,
            self.requests,
            self.failed_reads,
            spread(&self.recovered),
            ms(self.longest)
        )
    }
}

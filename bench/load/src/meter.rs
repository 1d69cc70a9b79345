//! What a run has found.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::run::Plan;

/// Three digits of each latency are kept, up to two minutes in nanoseconds.
const DIGITS: u8 = 3;
const MOST: u64 = 120_000_000_000;

/// Counts and latencies.
pub struct Meter {
    latencies: Histogram<u64>,
    answered: u64,
    in_time: u64,
    not_sent: u64,
    bytes: usize,
    wrong: u64,
    first_wrong: String,
}

impl Meter {
    /// Nothing yet.
    pub fn new() -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self {
            latencies: Histogram::new_with_bounds(1, MOST, DIGITS)?,
            answered: 0,
            in_time: 0,
            not_sent: 0,
            bytes: 0,
            wrong: 0,
            first_wrong: String::new(),
        })
    }

    /// An answer; `in_time` when the run was not over.
    pub fn answer(&mut self, latency: Duration, bytes: usize, in_time: bool) {
        self.latency(latency);
        self.answered += 1;
        self.in_time += u64::from(in_time);
        self.bytes += bytes;
    }

    /// A request that was due and found no free connection until the end: it has waited so long at least.
    pub fn not_sent(&mut self, latency: Duration) {
        self.latency(latency);
        self.not_sent += 1;
    }

    fn latency(&mut self, latency: Duration) {
        self.latencies.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(MOST));
    }

    /// An answer that is not what was asked for.
    pub fn wrong(&mut self, complaint: String, body: &[u8]) {
        if self.wrong == 0 {
            let start = String::from_utf8_lossy(&body[..body.len().min(200)]);
            self.first_wrong = format!("{complaint}: {start}");
        }
        self.wrong += 1;
    }

    /// One line.
    pub fn to_json(&self, plan: &Plan) -> String {
        let micros = |of: &Histogram<u64>, share: f64| of.value_at_quantile(share) as f64 / 1000.0;
        // As wrk: the mean time between two requests of a connection.
        let mean = plan.seconds * 1e9 * plan.connections as f64 / self.in_time.max(1) as f64;
        let as_wrk = self.latencies.clone_correct(mean as u64);
        format!(
            "{{\"requests\":{},\"per_second\":{},\"not_sent\":{},\"bytes\":{},\"wrong\":{},\"first_wrong\":\"{}\",\
             \"p50\":{},\"p99\":{},\"max\":{},\"as_wrk\":{{\"p50\":{},\"p99\":{}}}}}",
            self.answered,
            self.in_time as f64 / plan.seconds,
            self.not_sent,
            self.bytes,
            self.wrong,
            self.first_wrong.replace(|c: char| c.is_control() || matches!(c, '"' | '\\'), " "),
            micros(&self.latencies, 0.5),
            micros(&self.latencies, 0.99),
            micros(&self.latencies, 1.0),
            micros(&as_wrk, 0.5),
            micros(&as_wrk, 0.99),
        )
    }
}

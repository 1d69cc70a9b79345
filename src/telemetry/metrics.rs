//! Counters and gauges in the Prometheus text format (OpenMetrics). Every label has a bounded number
//! of values, and none of them says anything about a user.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::auth::JwksCache;
use crate::db::Db;

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// One answered request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

/// What requests of one kind have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    method: &'static str,
    route: String,
}

/// How a token check ended: `ok`, or the code of the problem.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Verdict {
    code: &'static str,
}

/// All metrics of this process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    duration: Family<Kind, Histogram, fn() -> Histogram>,
    verifications: Family<Verdict, Counter>,
}

impl Metrics {
    /// Registers everything; pool and keys are read when somebody asks.
    pub(crate) fn new(db: Db, keys: Option<Arc<JwksCache>>) -> Self {
        let mut registry = Registry::with_prefix("taskbridge");
        let requests = Family::<Answered, Counter>::default();
        let duration = Family::<Kind, Histogram, fn() -> Histogram>::new_with_constructor(|| {
            Histogram::new(BUCKETS)
        });
        let verifications = Family::<Verdict, Counter>::default();
        registry.register("http_requests", "Answered requests", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from the end of the request's header to the beginning of the answer",
            duration.clone(),
        );
        registry.register(
            "token_verifications",
            "Requests below /api by the outcome of the token check",
            verifications.clone(),
        );
        registry.register_collector(Box::new(Pool(db)));
        if let Some(keys) = keys {
            registry.register_collector(Box::new(Keys(keys)));
        }
        Self { registry, requests, duration, verifications }
    }

    /// Counts an answered request.
    pub(super) fn answered(&self, method: &str, route: Option<&str>, status: u16, seconds: f64) {
        let method = known_method(method);
        let route = route.unwrap_or("unmatched").to_owned();
        let kind = Kind { method, route: route.clone() };
        self.duration.get_or_create(&kind).observe(seconds);
        self.requests.get_or_create(&Answered { method, route, status }).inc();
    }

    /// Counts the outcome of a token check.
    pub(super) fn verified(&self, code: &'static str) {
        self.verifications.get_or_create(&Verdict { code }).inc();
    }

    /// Everything as text.
    ///
    /// # Errors
    /// Never for metrics of this kind; the library's writer could fail.
    pub(crate) fn to_text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Clients can invent methods, and each would be a series of its own.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// Connections of the database pool.
#[derive(Debug)]
struct Pool(Db);

impl Collector for Pool {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let state = self.0.pool_state();
        for (name, help, value) in [
            ("database_connections", "Open connections", state.open),
            ("database_connections_idle", "Connections that nobody uses", state.idle),
            ("database_connections_limit", "The largest number of connections", state.limit),
        ] {
            let gauge = ConstGauge::new(i64::from(value));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

/// The key set.
struct Keys(Arc<JwksCache>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Collector for Keys {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // No set at all has no age.
        let Some(age) = self.0.age() else { return Ok(()) };
        let gauge = ConstGauge::new(age.as_secs_f64());
        let (name, help) = ("jwks_age_seconds", "Time since the key set was fetched");
        gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
    }
}

#[cfg(test)]
mod tests {
    use super::known_method;

    #[test]
    fn invented_methods_share_one_label() {
        assert_eq!(known_method("PATCH"), "PATCH");
        assert_eq!((known_method("BREW"), known_method("get")), ("other", "other"));
    }
}

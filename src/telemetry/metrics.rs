//! Counters and gauges, and `GET /metrics`, which serves them in the OpenMetrics format for Prometheus. It has a
//! port of its own, which is off unless `METRICS_ADDR` is set, because metrics are for operators only.
//!
//! Every label has a bounded number of values, and none of them identifies a user.

use std::fmt;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::auth::{JwksCache, Revocations};
use crate::db::Db;

/// The media type of OpenMetrics 1.0.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The labels of the request counter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

/// The labels of the latency histogram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LatencyLabels {
    method: &'static str,
    route: String,
}

/// The label of the token counter: `ok`, or the code of the problem.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    code: &'static str,
}

/// Open event streams, hints since the start, and how many seconds the last look at the owners took.
pub(crate) type StreamCounts = Box<dyn Fn() -> (usize, u64, f64) + Send + Sync>;

/// All metrics of this process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latency: Family<LatencyLabels, Histogram, fn() -> Histogram>,
    tokens: Family<TokenLabels, Counter>,
    purged: Counter,
}

impl Metrics {
    /// Registers all metrics. Those of the pool and the keys are read at each request for the metrics.
    pub(crate) fn new(
        db: Db,
        keys: Option<Arc<JwksCache>>,
        streams: StreamCounts,
        revocations: Arc<Revocations>,
    ) -> Self {
        let mut registry = Registry::with_prefix("taskbridge");
        let requests = Family::<RequestLabels, Counter>::default();
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let latency = Family::new_with_constructor(histogram);
        let tokens = Family::<TokenLabels, Counter>::default();
        registry.register("http_requests", "Requests with a response", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from the end of the request's header to the beginning of the response",
            latency.clone(),
        );
        registry.register(
            "token_verifications",
            "Requests below /api by the result of the token check",
            tokens.clone(),
        );
        let purged = Counter::default();
        registry.register(
            "trash_purged",
            "Deleted tasks whose content was removed when its time had come",
            purged.clone(),
        );
        registry.register_collector(Box::new(Pool(db)));
        registry.register_collector(Box::new(Streams(streams)));
        registry.register_collector(Box::new(Revoked(revocations)));
        if let Some(keys) = keys {
            registry.register_collector(Box::new(Keys(keys)));
        }
        Self { registry, requests, latency, tokens, purged }
    }

    /// Counts a request that has a response.
    pub(super) fn count_request(
        &self,
        method: &str,
        route: Option<&str>,
        status: u16,
        seconds: f64,
    ) {
        let method = known_method(method);
        let route = route.unwrap_or("unmatched").to_owned();
        let labels = LatencyLabels { method, route: route.clone() };
        self.latency.get_or_create(&labels).observe(seconds);
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }

    /// Counts the result of a token check.
    pub(super) fn count_token(&self, code: &'static str) {
        self.tokens.get_or_create(&TokenLabels { code }).inc();
    }

    /// Counts deleted tasks whose content was removed.
    pub(crate) fn count_purged(&self, tasks: usize) {
        self.purged.inc_by(u64::try_from(tasks).unwrap_or(u64::MAX));
    }

    /// All metrics as text.
    ///
    /// # Errors
    /// Those of the library's writer; writing to a string does not fail.
    fn to_text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Serves all metrics.
pub(crate) async fn metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    match metrics.to_text() {
        Ok(text) => HttpResponse::Ok().content_type(MEDIA_TYPE).body(text),
        Err(error) => {
            log::error!("metrics cannot be written: {error}");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Clients can send any method, and each would add a time series.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

/// The connections of the database pool.
#[derive(Debug)]
struct Pool(Db);

impl Collector for Pool {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let state = self.0.pool_state();
        for (name, help, value) in [
            ("database_connections", "Open connections", state.open),
            ("database_connections_idle", "Idle connections", state.idle),
            ("database_connections_limit", "The largest number of connections", state.limit),
        ] {
            let gauge = ConstGauge::new(i64::from(value));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

/// The age of the key set.
struct Keys(Arc<JwksCache>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Collector for Keys {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // Without a key set there is no age.
        let Some(age) = self.0.age() else { return Ok(()) };
        let gauge = ConstGauge::new(age.as_secs_f64());
        let (name, help) = ("jwks_age_seconds", "Time since the key set was fetched");
        gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
    }
}

/// The event streams.
struct Streams(StreamCounts);

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streams")
    }
}

impl Collector for Streams {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (open, hints, poll) = (self.0)();
        let gauge = ConstGauge::new(i64::try_from(open).unwrap_or(i64::MAX));
        let (name, help) = ("event_streams", "Open event streams");
        gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        let counter = ConstCounter::new(hints);
        let (name, help) = ("event_hints", "Hints that were sent to event streams");
        counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        let gauge = ConstGauge::new(poll);
        let (name, help) = ("event_poll_seconds", "How long the last look for changes took");
        gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
    }
}

/// The sessions and accounts whose tokens are refused.
#[derive(Debug)]
struct Revoked(Arc<Revocations>);

impl Collector for Revoked {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let gauge = ConstGauge::new(i64::try_from(self.0.count()).unwrap_or(i64::MAX));
        let (name, help) = ("revocations", "Ended sessions and erased accounts in memory");
        gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
    }
}

#[cfg(test)]
mod tests {
    use super::known_method;

    #[test]
    fn unknown_methods_share_one_label() {
        assert_eq!(known_method("PATCH"), "PATCH");
        assert_eq!((known_method("BREW"), known_method("get")), ("other", "other"));
    }
}

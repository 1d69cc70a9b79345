//! The metrics: on a port of their own, off by default, and without anything that identifies a user.

use std::time::Duration;

use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::jwks::{JwksEndpoint, Key};
use crate::support::process::Process;
use crate::support::{Answer, Backend, Client};

fn scrape(process: &mut Process) -> Answer {
    Client::new(agent(), process.metrics_address(), None).get("/metrics").expect(200)
}

/// The value of a series.
#[track_caller]
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("{series} is missing: {text}"));
    line.parse().unwrap()
}

#[test]
fn requests_verifications_and_connections_are_counted() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("METRICS_ADDR", "127.0.0.1:0")]);
    let (alice, anonymous) = (process.as_user("alice"), process.anonymous());
    for _ in 0..3 {
        alice.get("/api/alice/tasks?search=hunter2").expect(200);
    }
    alice.get("/api/bob/tasks").expect(403);
    anonymous.get("/api/alice/tasks").expect(401);
    anonymous.get("/hunter2").expect(404);
    anonymous.send("BREW", "/hunter2", None).expect(404);
    let answer = scrape(&mut process);
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let text = answer.text();
    for (series, expected) in [
        (
            r#"taskbridge_http_requests_total{method="GET",route="/api/{user_id}/tasks",status="200"}"#,
            3.0,
        ),
        (
            r#"taskbridge_http_requests_total{method="GET",route="/api/{user_id}/tasks",status="403"}"#,
            1.0,
        ),
        (r#"taskbridge_http_requests_total{method="GET",route="unmatched",status="404"}"#, 1.0),
        (r#"taskbridge_http_requests_total{method="other",route="unmatched",status="404"}"#, 1.0),
        (
            r#"taskbridge_http_request_duration_seconds_count{method="GET",route="/api/{user_id}/tasks"}"#,
            5.0,
        ),
        (r#"taskbridge_token_verifications_total{code="ok"}"#, 4.0),
        (r#"taskbridge_token_verifications_total{code="missing_token"}"#, 1.0),
        ("taskbridge_database_connections_limit", 10.0),
    ] {
        assert!((value(&text, series) - expected).abs() < 1e-9, "{series}: {text}");
    }
    assert!(value(&text, "taskbridge_database_connections") >= 1.0);
    assert!(!text.contains("alice") && !text.contains("hunter2"), "{text}");
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn there_are_no_metrics_on_the_public_port_and_none_without_the_variable() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    process.anonymous().get("/metrics").expect(404);
    assert!(!process.stderr().contains("metrics on"));
}

#[test]
fn the_port_of_the_metrics_serves_nothing_else() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("METRICS_ADDR", "127.0.0.1:0")]);
    let operator = Client::new(agent(), process.metrics_address(), None);
    for path in ["/", "/health", "/api/me", "/metrics/"] {
        operator.get(path).expect(404);
    }
}

#[test]
fn the_age_of_the_keys_is_a_metric_that_names_no_key() {
    const AGE: &str = "taskbridge_jwks_age_seconds";
    let key = Key::new("hunter2");
    let endpoint = JwksEndpoint::with_keys(&[&key]);
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(
        &url,
        &[("METRICS_ADDR", "127.0.0.1:0"), ("JWKS_URL", endpoint.url.as_str())],
    );
    let alice = Client::new(agent(), process.address(), Some(key.token("alice")));
    alice.get("/api/alice/tasks").expect(200);
    std::thread::sleep(Duration::from_millis(200));
    let text = scrape(&mut process).text();
    assert!((0.2..30.0).contains(&value(&text, AGE)), "{text}");
    assert!(!text.contains("alice") && !text.contains("hunter2"), "{text}");

    let mut process = Process::serve(&url, &[("METRICS_ADDR", "127.0.0.1:0")]);
    assert!(!scrape(&mut process).text().contains(AGE), "without keys there is no age");
}

//! The server with a JWKS endpoint that rotates keys, fails, hangs, misbehaves and recovers.

use std::time::{Duration, Instant};

use rstest::rstest;

use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::jwks::{Behaviour, JwksEndpoint, Key, listing};
use crate::support::process::Process;
use crate::support::{Backend, Client, TestApp};

/// A server with this endpoint and no shared secret.
fn spawn(endpoint: &JwksEndpoint, variables: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("BETTER_AUTH_SECRET", ""), ("JWKS_URL", endpoint.url.as_str())];
    all.extend(variables);
    TestApp::spawn_with(Backend::Sqlite, &all)
}

fn status(app: &TestApp, token: &str) -> u16 {
    app.with_token(token).get("/api/alice/tasks").status
}

/// Repeats a request until the response has this status; fails after ten seconds.
#[track_caller]
fn wait_for(app: &TestApp, token: &str, wanted: u16) {
    let started = Instant::now();
    while status(app, token) != wanted {
        assert!(started.elapsed() < Duration::from_secs(10), "never answered with {wanted}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_jwt_plugin_with_default_settings_needs_only_the_url() {
    let key = Key::new("first");
    let app = spawn(&JwksEndpoint::with_keys(&[&key]), &[]);
    assert_eq!(
        status(&app, &key.token("alice")),
        200,
        "the first request waits for the first fetch"
    );
    assert_eq!(status(&app, &key.token("mallory")), 403);
    assert_eq!(
        status(&app, &Key::new("first").token("alice")),
        401,
        "another key of the same name"
    );
    let shared = app.as_user("alice").get("/api/alice/tasks").expect(401);
    assert_eq!(shared.code(), "invalid_token", "no secret is configured");
}

#[rstest]
#[case::server_error(Behaviour::Answer("500 Internal Server Error", String::new()))]
#[case::garbage(Behaviour::Answer("200 OK", "<html>".into()))]
#[case::empty_set(Behaviour::Keys(Vec::new()))]
#[case::silence(Behaviour::Silence)]
fn requests_get_503_until_the_first_key_set_is_loaded(#[case] trouble: Behaviour) {
    let key = Key::new("first");
    let endpoint = JwksEndpoint::start(trouble);
    let app = spawn(&endpoint, &[("JWKS_COOLDOWN_SECONDS", "1")]);
    let answer = app.with_token(&key.token("alice")).get("/api/alice/tasks").expect(503);
    assert_eq!(answer.code(), "keys_unavailable");
    let retry_after: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&retry_after), "what is left of the cooldown: {retry_after}");
    assert_eq!(answer.header("www-authenticate"), None);
    app.anonymous().get("/health").expect(200);
    app.anonymous().get("/api/alice/tasks").expect(401);

    endpoint.set(listing(&[&key]));
    wait_for(&app, &key.token("alice"), 200);
}

#[rstest]
#[case::server_error(Behaviour::Answer("500 Internal Server Error", String::new()))]
#[case::garbage(Behaviour::Answer("200 OK", "{\"keys\":17}".into()))]
#[case::empty_set(Behaviour::Keys(Vec::new()))]
#[case::huge(Behaviour::Answer("200 OK", format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(300_000))))]
#[case::too_many(Behaviour::Answer("200 OK", format!("{{\"keys\":[{}]}}", vec!["{}"; 101].join(","))))]
#[case::silence(Behaviour::Silence)]
fn a_known_key_keeps_working_while_the_endpoint_fails(#[case] trouble: Behaviour) {
    let key = Key::new("first");
    let endpoint = JwksEndpoint::with_keys(&[&key]);
    let timing = [("JWKS_COOLDOWN_SECONDS", "1"), ("JWKS_REFRESH_SECONDS", "1")];
    let app = spawn(&endpoint, &timing);
    wait_for(&app, &key.token("alice"), 200);

    endpoint.set(trouble);
    let before = endpoint.requests();
    let started = Instant::now();
    let mut answered = 0;
    while started.elapsed() < Duration::from_secs(4) || answered < 100 {
        assert_eq!(status(&app, &key.token("alice")), 200);
        answered += 1;
    }
    assert!(endpoint.requests() > before, "the endpoint was asked meanwhile");
}

#[test]
fn a_redirect_is_not_followed() {
    let key = Key::new("first");
    let elsewhere = JwksEndpoint::with_keys(&[&key]);
    let endpoint = JwksEndpoint::start(Behaviour::Redirect(elsewhere.url.clone()));
    let app = spawn(&endpoint, &[]);
    assert_eq!(status(&app, &key.token("alice")), 503);
    assert_eq!(elsewhere.requests(), 0);
}

#[test]
fn a_thousand_unknown_keys_cause_one_fetch_per_cooldown() {
    let key = Key::new("first");
    let endpoint = JwksEndpoint::with_keys(&[&key]);
    let app = spawn(&endpoint, &[("JWKS_COOLDOWN_SECONDS", "3600")]);
    wait_for(&app, &key.token("alice"), 200);
    let refused = std::thread::scope(|scope| {
        let ask = |client: usize| {
            let (app, key) = (&app, &key);
            scope.spawn(move || {
                (0..125)
                    .filter(|n| {
                        let token = key.token_with_kid("alice", &format!("unknown-{client}-{n}"));
                        status(app, &token) == 503
                    })
                    .count()
            })
        };
        let clients: Vec<_> = (0..8).map(ask).collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum::<usize>()
    });
    assert_eq!(refused, 1000);
    assert_eq!(endpoint.requests(), 1, "the one at start");
}

#[test]
fn an_unknown_key_during_the_cooldown_is_503_and_counts_against_the_address() {
    let key = Key::new("first");
    let endpoint = JwksEndpoint::with_keys(&[&key]);
    let limits = [("JWKS_COOLDOWN_SECONDS", "3600"), ("AUTH_FAILURES_PER_MINUTE", "3")];
    let app = spawn(&endpoint, &limits);
    assert_eq!(status(&app, &key.token("alice")), 200);
    let unknown = app.with_token(&key.token_with_kid("alice", "unknown"));
    for _ in 0..3 {
        let answer = unknown.get("/api/alice/tasks").expect(503);
        assert_eq!(answer.code(), "keys_unavailable");
        let retry_after: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((3500..=3600).contains(&retry_after), "{retry_after}");
        assert_eq!(answer.header("www-authenticate"), None);
    }
    assert_eq!(unknown.get("/api/alice/tasks").expect(429).code(), "rate_limited");
    assert_eq!(status(&app, &key.token("alice")), 200, "a known key is not affected");
}

#[test]
fn the_log_says_once_that_the_keys_have_come() {
    let key = Key::new("first");
    let endpoint = JwksEndpoint::start(Behaviour::Keys(Vec::new()));
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let refresh = ("JWKS_REFRESH_SECONDS", "1");
    let variables = [("JWKS_URL", endpoint.url.as_str()), ("JWKS_COOLDOWN_SECONDS", "1"), refresh];
    let mut process = Process::serve(&url, &variables);
    let client = Client::new(agent(), process.address(), Some(key.token("alice")));
    assert_eq!(client.get("/api/me").status, 503);
    endpoint.set(listing(&[&key]));
    let asked = endpoint.requests();
    let started = Instant::now();
    while endpoint.requests() < asked + 3 {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", process.stderr());
        std::thread::sleep(Duration::from_millis(50));
    }
    client.get("/api/me").expect(200);
    let unknown = Some(key.token_with_kid("alice", "unknown"));
    let unknown = Client::new(agent(), process.address(), unknown);
    while unknown.get("/api/me").status != 503 {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", process.stderr());
    }
    let log = process.stderr();
    // A stranger who names keys that do not exist leaves a trace too.
    assert!(
        log.contains("event=authentication_failed code=keys_unavailable client=127.0.0.1"),
        "{log}"
    );
    assert!(log.contains("JWKS: the endpoint lists no usable key; requests with its tokens"));
    assert_eq!(log.matches("JWKS: 1 usable key(s) have come").count(), 1, "{log}");
}

#[test]
fn a_new_key_works_after_at_most_one_cooldown_and_a_removed_one_stops() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let endpoint = JwksEndpoint::with_keys(&[&old]);
    let app = spawn(&endpoint, &[("JWKS_COOLDOWN_SECONDS", "1")]);
    wait_for(&app, &old.token("alice"), 200);

    endpoint.set(listing(&[&old, &new]));
    let asked = Instant::now();
    wait_for(&app, &new.token("alice"), 200);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(status(&app, &old.token("alice")), 200);

    endpoint.set(listing(&[&new]));
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(status(&app, &Key::new("unknown").token("alice")), 401, "which asks for a fetch");
    assert_eq!(status(&app, &old.token("alice")), 503, "that fetch was not for this token");
    wait_for(&app, &old.token("alice"), 401);
    assert_eq!(status(&app, &new.token("alice")), 200);
}

#[test]
fn the_last_good_keys_are_used_for_a_limited_time() {
    let key = Key::new("first");
    let endpoint = JwksEndpoint::with_keys(&[&key]);
    let timing = [
        ("JWKS_COOLDOWN_SECONDS", "1"),
        ("JWKS_REFRESH_SECONDS", "1"),
        ("JWKS_MAX_STALE_SECONDS", "3"),
    ];
    let app = spawn(&endpoint, &timing);
    wait_for(&app, &key.token("alice"), 200);
    endpoint.set(Behaviour::Answer("500 Internal Server Error", String::new()));
    wait_for(&app, &key.token("alice"), 503);
    endpoint.set(listing(&[&key]));
    wait_for(&app, &key.token("alice"), 200);
}

#[test]
fn both_key_sources_work_side_by_side() {
    let key = Key::new("first");
    let endpoint = JwksEndpoint::with_keys(&[&key]);
    let app = TestApp::spawn_with(Backend::Sqlite, &[("JWKS_URL", &endpoint.url)]);
    assert_eq!(status(&app, &key.token("alice")), 200);
    app.as_user("alice").get("/api/alice/tasks").expect(200);
    endpoint.set(Behaviour::Silence);
    app.as_user("alice").get("/api/alice/tasks").expect(200);
}

//! What a browser is told: which origins may call, what a script may read, and what a cache may store.

use rstest::rstest;
use serde_json::json;

use crate::support::client::new_task;
use crate::support::tokens::ORIGIN;
use crate::support::{Answer, Backend, Client, TestApp};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

fn preflight(client: &Client, path: &str, method: &str, headers: &str) -> Answer {
    client
        .with_header("Access-Control-Request-Method", method)
        .with_header("Access-Control-Request-Headers", headers)
        .send("OPTIONS", path, None)
}

/// Responses of every kind: success, refusal, not found, mistake.
fn answers(app: &TestApp, origin: &str) -> Vec<Answer> {
    let from = |client: Client| client.with_header("Origin", origin);
    let alice = from(app.as_user("alice"));
    let task = new_task(&alice, "alice", "a");
    vec![
        alice.get(&task).expect(200),
        alice.get("/api/alice/tasks").expect(200),
        alice.get("/api/me").expect(200),
        alice.post("/api/alice/tasks", &json!({"title": "b"})).expect(201),
        alice.with_header("If-None-Match", "*").get(&task).expect(304),
        alice.delete(&task).expect(204),
        alice.get("/api/alice/tasks/abc").expect(400),
        from(app.anonymous()).get("/api/me").expect(401),
        from(app.with_token("rubbish")).get("/api/alice/tasks").expect(401),
        from(app.as_user("mallory")).get(&task).expect(403),
        alice.get(&task).expect(404),
        alice.get("/api/alice/nothing").expect(404),
        alice.send("PUT", "/api/alice/tasks", None).expect(405),
        alice.with_header("Accept", "text/html").get("/api/me").expect(406),
        alice.raw("POST", "/api/alice/tasks", &["Content-Length: 99999"], b"").expect(413),
        alice.post("/api/alice/tasks", &json!({"title": ""})).expect(422),
    ]
}

#[rstest]
#[case("/api/alice/tasks", "POST")]
#[case("/api/alice/tasks/1", "PUT")]
#[case("/api/alice/tasks/1", "PATCH")]
#[case("/api/alice/tasks/1", "DELETE")]
#[case("/api/alice/tasks/1/complete", "PATCH")]
#[case("/api/alice", "DELETE")]
#[case("/api/alice/export", "GET")]
#[case("/api/me", "GET")]
#[case("/api/nothing", "GET")]
fn a_preflight_needs_no_token(#[case] path: &str, #[case] method: &str) {
    let app = TestApp::spawn(Backend::Sqlite);
    let browser = app.anonymous().with_header("Origin", ORIGIN);
    let answer = preflight(
        &browser,
        path,
        method,
        "authorization,changes-since,content-type,idempotency-key,if-match,if-none-match,mcp-method,mcp-name,mcp-protocol-version,x-request-id",
    );
    assert!((200..300).contains(&answer.status), "{answer:?}");
    assert_eq!(answer.header(ALLOW_ORIGIN), Some(ORIGIN));
    let methods = answer.header_list("access-control-allow-methods");
    assert!(methods.contains(&method.to_ascii_lowercase()), "{methods:?}");
    let headers = answer.header_list("access-control-allow-headers");
    for header in [
        "authorization",
        "changes-since",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "mcp-method",
        "mcp-name",
        "mcp-protocol-version",
        "x-request-id",
    ] {
        assert!(headers.contains(&header.to_owned()), "{header}: {headers:?}");
    }
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert!(answer.header_list("vary").contains(&"origin".to_owned()));
}

#[test]
fn an_allowed_origin_can_read_every_answer_errors_too() {
    let app = TestApp::spawn(Backend::Sqlite);
    let exposed = [
        "etag",
        "link",
        "location",
        "x-total-count",
        "x-request-id",
        "retry-after",
        "www-authenticate",
    ];
    for answer in answers(&app, ORIGIN) {
        assert_eq!(answer.header(ALLOW_ORIGIN), Some(ORIGIN), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        let listed = answer.header_list("access-control-expose-headers");
        for header in exposed {
            assert!(listed.contains(&header.to_owned()), "{header}: {answer:?}");
        }
    }
}

#[test]
fn every_worker_lists_names_in_the_same_order() {
    for _ in 0..3 {
        let app = TestApp::spawn(Backend::Sqlite);
        let browser = app.anonymous().with_header("Origin", ORIGIN);
        let answer = preflight(&browser, "/api/alice/tasks", "POST", "authorization");
        for (name, list) in [
            ("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
            (
                "access-control-allow-headers",
                "authorization, changes-since, content-type, idempotency-key, if-match, if-none-match, mcp-method, mcp-name, mcp-protocol-version, x-request-id",
            ),
        ] {
            assert_eq!(answer.header(name), Some(list));
        }
        let exposed =
            "etag, link, location, retry-after, www-authenticate, x-request-id, x-total-count";
        let answer = browser.get("/health").expect(200);
        assert_eq!(answer.header("access-control-expose-headers"), Some(exposed));
    }
}

#[rstest]
#[case("TRACE")]
#[case("CONNECT")]
#[case("BREW")]
#[case("get")]
#[case("a b")]
fn the_preflight_of_a_method_that_is_never_allowed_is_a_problem(#[case] method: &str) {
    let app = TestApp::spawn(Backend::Sqlite);
    let browser = app.anonymous().with_header("Origin", ORIGIN);
    for path in ["/api/alice/tasks", "/api/me", "/health", "/nothing"] {
        let answer = preflight(&browser, path, method, "authorization").expect(405);
        assert_eq!(answer.code(), "method_not_allowed");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("allow"), Some("GET, HEAD, POST, PUT, PATCH, DELETE"));
        assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
        assert_eq!(answer.header(ALLOW_ORIGIN), Some(ORIGIN));
    }
}

#[test]
fn a_preflight_says_what_is_allowed_whatever_headers_were_asked_for() {
    let app = TestApp::spawn(Backend::Sqlite);
    let browser = app.anonymous().with_header("Origin", ORIGIN);
    for headers in ["authorization, x-other", "x-other", "", "é", "a b"] {
        let answer = preflight(&browser, "/api/alice/tasks", "POST", headers).expect(200);
        let allowed = answer.header_list("access-control-allow-headers");
        assert!(allowed.contains(&"authorization".to_owned()), "{answer:?}");
        assert!(!allowed.iter().any(|name| name == "*" || name == "x-other"), "{answer:?}");
    }
    // Without both headers it is no preflight, but a request with a method that the resource does not know.
    browser.send("OPTIONS", "/health", None).expect(405);
    preflight(&app.anonymous(), "/health", "GET", "").expect(405);
    preflight(&app.anonymous(), "/api/me", "GET", "").expect(401);
}

#[rstest]
#[case("https://evil.example")]
#[case("http://app.example")]
#[case("https://app.example.evil.example")]
#[case("https://app.example:8443")]
#[case("https://sub.app.example")]
#[case("null")]
fn any_other_origin_is_told_nothing(#[case] origin: &str) {
    let app = TestApp::spawn(Backend::Sqlite);
    for answer in answers(&app, origin) {
        assert_eq!(answer.header(ALLOW_ORIGIN), None, "{answer:?}");
    }
    let browser = app.anonymous().with_header("Origin", origin);
    let answer = preflight(&browser, "/api/alice/tasks", "POST", "authorization");
    assert_eq!((answer.header(ALLOW_ORIGIN), answer.status < 500), (None, true));
}

#[test]
fn origins_are_a_list_and_a_star_is_answered_as_a_star() {
    let origins = "https://a.example,https://b.example";
    let app = TestApp::spawn_with(Backend::Sqlite, &[("CORS_ALLOWED_ORIGINS", origins)]);
    for origin in ["https://a.example", "https://b.example"] {
        let answer = app.anonymous().with_header("Origin", origin).get("/api/me");
        assert_eq!(answer.header(ALLOW_ORIGIN), Some(origin));
    }
    let answer = app.anonymous().with_header("Origin", ORIGIN).get("/api/me");
    assert_eq!(answer.header(ALLOW_ORIGIN), None);

    let app = TestApp::spawn_with(Backend::Sqlite, &[("CORS_ALLOWED_ORIGINS", "*")]);
    let answer = app.anonymous().with_header("Origin", "https://x.example").get("/api/me");
    assert_eq!(answer.header(ALLOW_ORIGIN), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[test]
fn caches_keep_nothing_of_one_user_for_another() {
    let app = TestApp::spawn(Backend::Sqlite);
    for answer in answers(&app, ORIGIN) {
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"), "{answer:?}");
        let vary = answer.header_list("vary");
        for name in ["authorization", "origin"] {
            assert!(vary.contains(&name.to_owned()), "{name}: {answer:?}");
        }
    }
    // Without an Origin header the answer must still not be kept for those who send one.
    let plain = app.as_user("alice").get("/api/me");
    assert!(plain.header_list("vary").contains(&"origin".to_owned()), "{plain:?}");
}

#[test]
fn no_answer_is_sniffed_or_names_the_program() {
    let app = TestApp::spawn(Backend::Sqlite);
    let mut all = answers(&app, ORIGIN);
    all.extend([app.anonymous().get("/health"), app.anonymous().get("/nothing")]);
    for answer in all {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        assert_eq!((answer.header("server"), answer.header("x-powered-by")), (None, None));
        let text = format!("{answer:?}").to_ascii_lowercase();
        for name in ["actix", "diesel", "sqlite", "rust"] {
            assert!(!text.contains(name), "{name}: {answer:?}");
        }
    }
}

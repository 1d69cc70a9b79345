//! The response to a refused token: one of exactly three, whatever the cause.

use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::support::tokens::now;
use crate::support::{Backend, TestApp, TokenBuilder};

const INVALID: &str = r#"Bearer realm="taskbridge", error="invalid_token", error_description="The access token is invalid""#;
const EXPIRED: &str = r#"Bearer realm="taskbridge", error="invalid_token", error_description="The access token expired""#;

#[test]
fn without_a_token_the_challenge_names_no_error() {
    let app = TestApp::spawn(Backend::Sqlite);
    let answer = app.anonymous().with_header("X-Request-Id", "r1").get("/api/me").expect(401);
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="taskbridge""#));
    let expected = json!({
        "type": "/problems/missing_token", "title": "Unauthorized", "status": 401,
        "detail": "This resource needs an access token: send it as Authorization: Bearer <token>.", "code": "missing_token", "retry": "login",
        "request_id": "r1",
    });
    assert_eq!(answer.json(), expected);
}

#[test]
fn an_expired_token_should_be_refreshed() {
    let app = TestApp::spawn(Backend::Sqlite);
    for seconds in [31, 3600, 1_000_000_000] {
        let token = TokenBuilder::valid("alice").claim("exp", now() - seconds).build();
        let client = app.with_token(&token).with_header("X-Request-Id", "r1");
        let answer = client.get("/api/me").expect(401);
        assert_eq!(answer.header("www-authenticate"), Some(EXPIRED));
        let expected = json!({
            "type": "/problems/token_expired", "title": "Unauthorized", "status": 401,
            "detail": "The access token expired.", "code": "token_expired", "retry": "refresh",
            "request_id": "r1",
        });
        assert_eq!(answer.json(), expected);
    }
}

#[test]
fn a_forged_token_that_has_expired_is_only_invalid() {
    let app = TestApp::spawn(Backend::Sqlite);
    let forged =
        TokenBuilder::valid("alice").claim("exp", now() - 3600).secret("x".repeat(40)).build();
    assert_eq!(app.with_token(&forged).get("/api/me").expect(401).code(), "invalid_token");
}

/// One token for each cause of a refusal.
fn broken_tokens() -> Vec<String> {
    let valid = || TokenBuilder::valid("alice");
    let mut tokens: Vec<String> = [
        valid().secret("another-secret-another-secret-another"),
        valid().header("alg", "none"),
        valid().header("alg", "RS256"),
        valid().header("alg", "HS512").signed_with(Algorithm::HS512),
        valid().without_header("alg"),
        valid().header("crit", json!(["exp"])),
        valid().header("typ", "better-auth.session-cache+jwt"),
        valid().raw_header("not JSON"),
        valid().raw_payload("not JSON"),
        valid().raw_payload("{}"),
        valid().without_claim("exp"),
        valid().claim("exp", "1900000000"),
        valid().claim("nbf", now() + 3600),
        valid().claim("iat", now() + 3600),
        valid().without_claim("iss"),
        valid().claim("iss", "https://evil.example"),
        valid().without_claim("aud"),
        valid().claim("aud", "https://evil.example"),
        valid().without_claim("sub"),
        valid().claim("sub", ""),
        valid().claim("sub", 7),
    ]
    .iter()
    .map(TokenBuilder::build)
    .collect();
    let input = valid().signing_input();
    tokens.extend([format!("{input}."), format!("{input}.~"), input, "x".into(), "a.b.c".into()]);
    tokens.extend(["a.b.c.d".into(), "a.b.c.d.e".into(), ".".repeat(8000), "x".repeat(8192)]);
    tokens
}

#[test]
fn every_other_refusal_has_the_same_response() {
    let app = TestApp::spawn(Backend::Sqlite);
    let ask = |token: &str, path: &str| {
        app.with_token(token).with_header("X-Request-Id", "r1").raw("GET", path, &[], b"")
    };
    let reference = ask("rubbish", "/api/me").without_date();
    assert_eq!(reference.status, 401);
    assert_eq!(reference.header("www-authenticate"), Some(INVALID));
    let expected = json!({
        "type": "/problems/invalid_token", "title": "Unauthorized", "status": 401,
        "detail": "The access token is invalid.", "code": "invalid_token", "retry": "login",
        "request_id": "r1",
    });
    assert_eq!(reference.json(), expected);
    for token in broken_tokens() {
        for path in ["/api/me", "/api/alice/tasks", "/api/alice/tasks/1", "/api/nothing", "/api"] {
            assert_eq!(ask(&token, path).without_date(), reference, "{path} {token:.60}");
        }
    }
}

//! Every error has one shape, and every answer an id that the log knows too.

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::json;
use taskbridge::problem::ProblemCode;

use crate::support::client::new_task;
use crate::support::database::execute;
use crate::support::tokens::now;
use crate::support::{Answer, Backend, Client, TestApp, TokenBuilder};

/// With these a client can cause a timeout and reach the limit of tasks.
pub const SETTINGS: &[(&str, &str)] =
    &[("REQUEST_TIMEOUT_SECONDS", "1"), ("MAX_TASKS_PER_USER", "3")];

/// One error of every kind that a client can cause, with [`SETTINGS`].
pub fn errors(app: &TestApp, request_id: &str) -> Vec<Answer> {
    let identified = |client: Client| client.with_header("X-Request-Id", request_id);
    let alice = identified(app.as_user("alice"));
    let task = new_task(&alice, "alice", "a");
    let expired = TokenBuilder::valid("alice").claim("exp", now() - 3600).build();
    let of_session = TokenBuilder::valid("alice").claim("sid", "s").build();
    let lent = TokenBuilder::valid("alice").claim("scope", "tasks:read").build();
    vec![
        identified(app.anonymous()).get("/api/me"),
        identified(app.anonymous()).get("/nothing"),
        identified(app.anonymous()).get("/api/nothing"),
        identified(app.anonymous()).send("DELETE", "/health", None),
        identified(app.anonymous()).with_header("Authorization", "Bearer a b").get("/api/me"),
        identified(app.with_token("rubbish")).get("/api/me"),
        identified(app.with_token(&expired)).get("/api/me"),
        identified(app.as_user("mallory")).get(&task),
        identified(app.with_token(&lent)).delete(&task),
        alice.get("/api/alice/tasks/1"),
        alice.get("/api/alice/tasks/abc"),
        alice.get("/api/alice/tasks/0"),
        alice.get("/api/alice/tasks?limit=x"),
        alice.get("/api/alice/nothing"),
        alice.send("PUT", "/api/alice/tasks", None),
        alice.with_header("Accept", "text/html").get(&task),
        alice.raw("PUT", &task, &["Content-Length: 99999"], b""),
        alice.raw("PUT", &task, &["Content-Type: text/plain", "Content-Length: 2"], b"{}"),
        alice.raw("PUT", &task, &["Content-Length: 1"], b"{"),
        alice.raw("PUT", &task, &["Content-Length: 2"], b"{"),
        alice.put(&task, &json!({"title": ""})),
        alice.delete("/api/alice/tasks"),
        alice.with_header("If-Match", "1").delete(&task),
        alice.with_header("If-Match", "\"0\"").delete(&task),
        alice
            .with_header("Idempotency-Key", "a b")
            .post("/api/alice/tasks", &json!({"title": "a"})),
        key_reused(&alice),
        limit_reached(&identified(app.as_user("full"))),
        resync_required(app, &identified(app.as_user("restored"))),
        log_out(&identified(app.anonymous()), "a.b.c"),
        session_revoked(&identified(app.with_token(&of_session))),
        account_erased(&identified(app.as_user("erased"))),
    ]
}

fn log_out(client: &Client, token: &str) -> Answer {
    let form = client.with_header("Content-Type", "application/x-www-form-urlencoded");
    form.send("POST", "/backchannel-logout", Some(format!("logout_token={token}").as_bytes()))
}

fn session_revoked(client: &Client) -> Answer {
    log_out(client, &TokenBuilder::logout("s").build()).expect(200);
    client.get("/api/me")
}

fn account_erased(client: &Client) -> Answer {
    client.delete("/api/erased").expect(204);
    client.get("/api/me")
}

fn key_reused(client: &Client) -> Answer {
    let keyed = client.with_header("Idempotency-Key", "one");
    keyed.post("/api/alice/tasks", &json!({"title": "a"})).expect(201);
    keyed.post("/api/alice/tasks", &json!({"title": "b"}))
}

fn resync_required(app: &TestApp, client: &Client) -> Answer {
    client.post("/api/restored/tasks", &json!({"title": "a"})).expect(201);
    let page = client.get("/api/restored/changes").expect(200).json();
    execute(&app.database_url, "UPDATE owners SET epoch = epoch + 1");
    client.get(&format!("/api/restored/changes?since={}", page["next"].as_str().unwrap()))
}

fn limit_reached(client: &Client) -> Answer {
    let create = || client.post("/api/full/tasks", &json!({"title": "a"}));
    for _ in 0..3 {
        create().expect(201);
    }
    create()
}

#[test]
fn every_error_is_a_complete_problem() {
    let app = TestApp::spawn_with(Backend::Sqlite, SETTINGS);
    let mut seen = BTreeSet::new();
    for answer in errors(&app, "my.own-id_1") {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
        let problem = answer.json();
        let code = ProblemCode::ALL.iter().find(|code| problem["code"] == code.as_str());
        let code = code.unwrap_or_else(|| panic!("an unlisted code: {answer:?}"));
        assert_eq!(answer.status, code.status().as_u16(), "{answer:?}");
        assert_eq!(problem["status"], answer.status);
        assert_eq!(problem["type"], format!("/problems/{}", code.as_str()));
        assert_eq!(problem["title"].as_str(), code.status().canonical_reason());
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer:?}");
        assert_eq!(problem["request_id"], "my.own-id_1");
        assert_eq!(answer.header("x-request-id"), Some("my.own-id_1"));
        let refusal = answer.status == 401 || answer.status == 403;
        assert_eq!(problem.get("retry").is_some(), refusal, "{answer:?}");
        assert_eq!(problem.get("errors").is_some(), answer.status == 422, "{answer:?}");
        assert_eq!(
            answer.header("www-authenticate").is_some(),
            ([400, 401].contains(&answer.status)
                && !answer.code().starts_with("malformed_")
                && answer.code() != "invalid_logout_token")
                || answer.code() == "insufficient_scope"
        );
        seen.insert(code.as_str());
    }
    // No client can cause the others at will; `outage`, `rate_limit` and `events` cover some of them.
    let elsewhere = [ProblemCode::RateLimited, ProblemCode::TooManyStreams];
    let here = |code: &&ProblemCode| code.status().as_u16() < 500 && !elsewhere.contains(code);
    let expected = ProblemCode::ALL.iter().filter(here);
    assert_eq!(seen, expected.map(|code| code.as_str()).collect());
}

#[test]
fn a_fault_says_where_which_and_why() {
    let app = TestApp::spawn(Backend::Sqlite);
    let answer = app.as_user("alice").post("/api/alice/tasks", &json!({"title": ""})).expect(422);
    let errors = answer.json()["errors"].clone();
    let expected = json!([{"field": "title", "code": "blank", "detail": "A title needs at least one visible character."}]);
    assert_eq!(errors, expected);
}

#[test]
fn an_error_without_a_body_still_has_its_headers() {
    let app = TestApp::spawn(Backend::Sqlite);
    let head = app.anonymous().send("HEAD", "/api/me", None).expect(401);
    assert!(head.body.is_empty() && head.header("x-request-id").is_some());
    assert_eq!(head.header("content-type"), Some("application/problem+json"));
}

#[rstest]
#[case("a")]
#[case("0123456789abcdefABCDEF._-")]
#[case(&"x".repeat(128))]
fn a_valid_request_id_is_kept(#[case] id: &str) {
    let app = TestApp::spawn(Backend::Sqlite);
    for path in ["/health", "/api/me", "/nothing"] {
        let answer = app.anonymous().with_header("X-Request-Id", id).get(path);
        assert_eq!(answer.header("x-request-id"), Some(id), "{path}");
    }
}

#[rstest]
#[case("")]
#[case(&"x".repeat(129))]
#[case("a b")]
#[case("a,b")]
#[case("a\tb")]
#[case("a=b status=200")]
#[case("<script>")]
#[case("%0a")]
#[case("é")]
fn an_invalid_request_id_is_replaced(#[case] id: &str) {
    let app = TestApp::spawn(Backend::Sqlite);
    let line = format!("X-Request-Id: {id}");
    let answer = app.anonymous().raw("GET", "/api/me", &[&line], b"").expect(401);
    let minted = answer.header("x-request-id").unwrap_or_default().to_owned();
    assert!(minted != id && (16..=128).contains(&minted.len()), "{minted}");
    assert!(minted.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)));
    assert_eq!(answer.json()["request_id"], minted);
}

#[test]
fn a_generated_request_id_is_new_each_time() {
    let app = TestApp::spawn(Backend::Sqlite);
    let ids: BTreeSet<String> = (0..20)
        .map(|_| {
            app.anonymous().get("/health").header("x-request-id").unwrap_or_default().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 20);
}

/// What a new user gets wrong first, and the sentence that says what to do.
#[rstest]
#[case::slash("alice", "GET", "/api/alice/tasks/", b"", 404, "no path here ends with a slash")]
#[case::slash_after_the_api("alice", "GET", "/api/", b"", 404, "no path here ends with a slash")]
#[case::misspelt("alice", "GET", "/api/alice/task", b"", 404, "/openapi.json lists them all")]
#[case::outside_the_api("alice", "GET", "/tasks", b"", 404, "/openapi.json lists them all")]
#[case::no_user("alice", "GET", "/api/tasks", b"", 403, "GET /api/me answers whose it is")]
#[case::better_auths_path("alice", "GET", "/api/auth/token", b"", 403, "Not authorized")]
#[case::no_body("alice", "POST", "/api/alice/tasks", b"", 400, "JSON: it is empty.")]
#[case::no_quotes(
    "alice",
    "POST",
    "/api/alice/tasks",
    b"{title: 1}",
    400,
    "JSON: line 1, column 2."
)]
#[case::no_token("", "GET", "/api/me", b"", 401, "send it as Authorization: Bearer <token>")]
fn the_detail_says_what_to_do(
    #[case] user: &str,
    #[case] method: &str,
    #[case] path: &str,
    #[case] body: &[u8],
    #[case] status: u16,
    #[case] words: &str,
) {
    let app = TestApp::spawn(Backend::Sqlite);
    let client = if user.is_empty() { app.anonymous() } else { app.as_user(user) };
    let length = format!("Content-Length: {}", body.len());
    let answer = client.raw(method, path, &[&*length], body).expect(status);
    let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert!(detail.contains(words), "{detail}");
    let start = match status {
        403 => "Not authorized: ",
        404 => "Not found: ",
        _ => "",
    };
    assert!(detail.starts_with(start), "{detail}");
}

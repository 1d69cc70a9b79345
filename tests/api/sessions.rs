//! `POST /backchannel-logout`: the web app says that a session has ended, and its tokens are refused, here at once and
//! everywhere soon, whatever happens to this instance meanwhile.

use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;

use crate::support::app::fresh_url;
use crate::support::client::tasks_of;
use crate::support::database::{column, execute, number};
use crate::support::jwks::{Behaviour, JwksEndpoint};
use crate::support::process::Process;
use crate::support::tokens::now;
use crate::support::{Answer, Backend, Client, TestApp, TokenBuilder};

const PATH: &str = "/backchannel-logout";

/// How long another instance may take to hear of it.
const SPREADS_WITHIN: Duration = Duration::from_secs(2);

fn post_form(client: &Client, body: &str) -> Answer {
    let client = client.with_header("Content-Type", "application/x-www-form-urlencoded");
    client.send("POST", PATH, Some(body.as_bytes()))
}

fn log_out(app: &TestApp, token: &TokenBuilder) -> Answer {
    post_form(&app.anonymous(), &format!("logout_token={}", token.build()))
}

fn in_session(app: &TestApp, user: &str, sid: &str) -> Client {
    app.with_token(&TokenBuilder::valid(user).claim("sid", sid).build())
}

#[track_caller]
fn assert_revoked(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (401, "session_revoked"), "{answer:?}");
    assert_eq!(answer.json()["retry"], "login");
    assert_eq!(
        answer.header("www-authenticate"),
        Some(
            r#"Bearer realm="taskbridge", error="invalid_token", error_description="The session has ended""#
        )
    );
}

/// Waits until this client is refused, and says how long that took.
#[track_caller]
fn until_revoked(client: &Client, user: &str) -> Duration {
    let began = Instant::now();
    loop {
        let answer = client.get(&tasks_of(user));
        if answer.status == 401 {
            assert_revoked(&answer);
            return began.elapsed();
        }
        assert!(began.elapsed() < SPREADS_WITHIN, "{answer:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[rstest]
fn every_token_of_the_session_is_refused_and_no_other(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let (mine, other) = (in_session(&app, "alice", "s1"), in_session(&app, "alice", "s2"));
    let without = app.as_user("alice");
    for client in [&mine, &other, &without] {
        client.get(&tasks_of("alice")).expect(200);
    }
    let answer = log_out(&app, &TokenBuilder::logout("s1")).expect(200);
    assert_eq!((answer.body.len(), answer.header("cache-control")), (0, Some("no-store")));
    assert_revoked(&mine.get(&tasks_of("alice")));
    assert_revoked(&mine.post(&tasks_of("alice"), &json!({"title": "late"})));
    assert_revoked(&mine.get("/api/me"));
    let later = TokenBuilder::valid("alice").claim("sid", "s1").claim("iat", now() + 20);
    assert_revoked(&app.with_token(&later.build()).get("/api/me"));
    for client in [&other, &without] {
        client.get(&tasks_of("alice")).expect(200);
    }
    in_session(&app, "bob", "s3").get(&tasks_of("bob")).expect(200);
}

#[rstest]
fn a_user_named_alone_loses_every_token_of_then(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let (mine, bobs) = (in_session(&app, "alice", "s1"), in_session(&app, "bob", "s2"));
    let without = app.as_user("alice");
    let everywhere = TokenBuilder::logout("").without_claim("sid").claim("sub", "alice");
    log_out(&app, &everywhere).expect(200);
    assert_revoked(&mine.get(&tasks_of("alice")));
    assert_revoked(&without.get("/api/me"));
    bobs.get(&tasks_of("bob")).expect(200);
    let anew = TokenBuilder::valid("alice").claim("iat", now() + 10).build();
    app.with_token(&anew).get("/api/me").expect(200);
}

#[rstest]
fn it_holds_on_other_instances_and_after_a_restart(
    #[values(Backend::Sqlite, Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let other = TestApp::spawn_on(&app.database_url, backend, &[]);
    let there = in_session(&other, "alice", "s0");
    there.get(&tasks_of("alice")).expect(200);
    for sid in ["s0", "s1", "s2"] {
        log_out(&app, &TokenBuilder::logout(sid)).expect(200);
        until_revoked(&in_session(&other, "alice", sid), "alice");
    }
    assert_revoked(&there.get("/api/me"));
    let restarted = TestApp::spawn_on(&app.database_url, backend, &[]);
    for sid in ["s0", "s1", "s2"] {
        assert_revoked(&in_session(&restarted, "alice", sid).get(&tasks_of("alice")));
    }
    in_session(&restarted, "alice", "s3").get(&tasks_of("alice")).expect(200);
}

/// Between the answer and the first look of another instance lies nothing but the database.
#[rstest]
fn what_was_acknowledged_holds_although_the_instance_is_killed_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    let other = TestApp::spawn_on(&url, backend, &[]);
    for turn in 0..5 {
        let sid = format!("s{turn}");
        let mut process = Process::serve(&url, &[]);
        let token = TokenBuilder::logout(&sid).build();
        post_form(&process.anonymous(), &format!("logout_token={token}")).expect(200);
        process.signal("KILL");
        process.wait();
        until_revoked(&in_session(&other, "alice", &sid), "alice");
    }
}

#[rstest]
fn sent_again_it_changes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::spawn(backend);
    let token = TokenBuilder::logout("s1");
    for _ in 0..3 {
        log_out(&app, &token).expect(200);
    }
    log_out(&app, &token.claim("jti", "2")).expect(200);
    let rows = "SELECT count(*) AS number FROM revocations";
    assert_eq!(number(&app.database_url, rows), 1);
    assert_revoked(&in_session(&app, "alice", "s1").get("/api/me"));
}

#[test]
fn whatever_else_is_sent_is_refused_in_the_words_of_the_specification() {
    let app = TestApp::spawn(Backend::Sqlite);
    let good = TokenBuilder::logout("s1").build();
    let access = TokenBuilder::valid("alice").claim("sid", "s1").build();
    let nonce = TokenBuilder::logout("s1").claim("nonce", "n").build();
    let long = TokenBuilder::logout("s1").claim("exp", now() + 121).build();
    let old =
        TokenBuilder::logout("s1").claim("iat", now() - 200).claim("exp", now() - 100).build();
    let forged = TokenBuilder::logout("s1").secret("another-secret-of-more-than-32-bytes").build();
    let foreign = TokenBuilder::logout("s1").claim("aud", "https://other.example").build();
    let unsaid = TokenBuilder::logout("s1").without_claim("events").build();
    let nobody = TokenBuilder::logout("s1").without_claim("sid").build();
    for (body, words) in [
        (String::new(), "Send one field"),
        ("token=x".to_owned(), "Send one field"),
        (format!("logout_token={good}&logout_token={good}"), "Send one field"),
        ("logout_token=".to_owned(), "not one that this service accepts"),
        ("logout_token=a.b.c".to_owned(), "not one that this service accepts"),
        (format!("logout_token={access}"), "typ logout+jwt"),
        (format!("logout_token={nonce}"), "no nonce"),
        (format!("logout_token={long}"), "at most 120 seconds"),
        (format!("logout_token={old}"), "expired"),
        (format!("logout_token={forged}"), "not one that this service accepts"),
        (format!("logout_token={foreign}"), "not one that this service accepts"),
        (format!("logout_token={unsaid}"), "events"),
        (format!("logout_token={nobody}"), "names a sid or a sub"),
    ] {
        let answer = post_form(&app.anonymous(), &body).expect(400);
        let problem = answer.json();
        assert_eq!(answer.code(), "invalid_logout_token", "{body}");
        assert_eq!(problem["error"], "invalid_request", "{body}");
        let description = problem["error_description"].as_str().unwrap();
        assert!(description.contains(words), "{body}: {description}");
        assert_eq!(problem["detail"], description);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{body}");
    }
    let as_json = app.anonymous().post(PATH, &json!({"logout_token": good}));
    assert_eq!(as_json.expect(400).json()["error"], "invalid_request");
    let too_long = format!("logout_token={}", "a".repeat(70_000));
    post_form(&app.anonymous(), &too_long).expect(413);
    assert_eq!(number(&app.database_url, "SELECT count(*) AS number FROM revocations"), 0);
    in_session(&app, "alice", "s1").get(&tasks_of("alice")).expect(200);
    app.with_token(&good).get("/api/me").expect(401);
    app.anonymous().get(PATH).expect(405);
    app.anonymous().get(&format!("{PATH}/x")).expect(404);
}

#[test]
fn who_guesses_logout_tokens_meets_the_limit_and_the_web_app_does_not() {
    let app = TestApp::spawn_with(Backend::Sqlite, &[("AUTH_FAILURES_PER_MINUTE", "3")]);
    for _ in 0..3 {
        post_form(&app.anonymous(), "logout_token=a.b.c").expect(400);
    }
    let answer = post_form(&app.anonymous(), "logout_token=a.b.c").expect(429);
    assert!(answer.header("retry-after").is_some());
    log_out(&app, &TokenBuilder::logout("s1")).expect(200);
}

#[test]
fn the_claim_can_have_another_name_be_required_or_off() {
    let required = [("REQUIRE_SESSION", "on"), ("JWT_SESSION_CLAIM", "session.id")];
    let app = TestApp::spawn_with(Backend::Sqlite, &required);
    let token = TokenBuilder::valid("alice").claim("session", json!({"id": "s1"})).build();
    app.with_token(&token).get("/api/me").expect(200);
    assert_eq!(app.as_user("alice").get("/api/me").expect(401).code(), "invalid_token");
    assert_eq!(in_session(&app, "alice", "s1").get("/api/me").expect(401).code(), "invalid_token");
    log_out(&app, &TokenBuilder::logout("s1")).expect(200);
    assert_revoked(&app.with_token(&token).get("/api/me"));

    let app = TestApp::spawn_with(Backend::Sqlite, &[("JWT_SESSION_CLAIM", "off")]);
    log_out(&app, &TokenBuilder::logout("s1")).expect(400);
    in_session(&app, "alice", "s1").get("/api/me").expect(200);
    let numbered = TokenBuilder::valid("alice").claim("sid", 1).build();
    app.with_token(&numbered).get("/api/me").expect(200);
    log_out(&app, &TokenBuilder::logout("s1").claim("sub", "alice")).expect(200);
    assert_revoked(&in_session(&app, "alice", "s1").get("/api/me"));
}

#[test]
fn while_the_keys_are_not_there_it_is_no_verdict() {
    let away = Behaviour::Answer("503 Service Unavailable", String::new());
    let endpoint = JwksEndpoint::start(away);
    let app = TestApp::spawn_with(Backend::Sqlite, &[("JWKS_URL", &endpoint.url)]);
    let token = TokenBuilder::logout("s1").header("alg", "EdDSA").header("kid", "new");
    let answer = log_out(&app, &token).expect(503);
    assert_eq!(answer.code(), "keys_unavailable");
    assert!(answer.header("retry-after").is_some());
}

/// An instance that could not ask for a while learns what it has missed.
#[rstest]
fn an_outage_of_the_database_loses_none(
    #[values(Backend::Postgres, Backend::PostgresRls)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let other = TestApp::spawn_on(&app.database_url, backend, &[]);
    let rename = |from: &str, to: &str| {
        execute(&app.database_url, &format!("ALTER TABLE {from} RENAME TO {to}"));
    };
    rename("revocations", "away");
    let answer = log_out(&app, &TokenBuilder::logout("s1"));
    assert!(answer.status >= 500, "{answer:?}");
    in_session(&app, "alice", "s1").get("/api/me").expect(200);
    std::thread::sleep(Duration::from_millis(1_200));
    rename("away", "revocations");
    log_out(&app, &TokenBuilder::logout("s1")).expect(200);
    until_revoked(&in_session(&other, "alice", "s1"), "alice");
}

#[rstest]
fn a_hundred_at_once_are_all_in_order_and_all_known(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::spawn(backend);
    let other = TestApp::spawn_on(&app.database_url, backend, &[]);
    std::thread::scope(|scope| {
        for writer in 0..10 {
            let app = if writer % 2 == 0 { &app } else { &other };
            scope.spawn(move || {
                for turn in 0..10 {
                    log_out(app, &TokenBuilder::logout(&format!("{writer}-{turn}"))).expect(200);
                }
            });
        }
    });
    let stored = column(&app.database_url, "subject", "SELECT subject FROM revocations");
    assert_eq!(stored.len(), 100);
    for sid in &stored {
        for app in [&app, &other] {
            until_revoked(&in_session(app, "alice", sid), "alice");
        }
    }
}

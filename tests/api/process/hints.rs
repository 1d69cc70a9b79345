//! What the log says, once, to whoever connects the two sides for the first time.

use std::io::Write;

use rstest::rstest;

use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::process::Process;
use crate::support::tokens::now;
use crate::support::{Backend, Client, TokenBuilder, raw};

/// How many lines of the log have these words, once the program has ended.
fn lines(mut process: Process, words: &str) -> usize {
    process.signal("TERM");
    process.wait();
    process.stderr().lines().filter(|line| line.contains(words) && line.contains("WARN")).count()
}

#[rstest]
#[case::wrong_secret(TokenBuilder::valid("alice").secret("z".repeat(32)), Some("signature"))]
#[case::another_origin(TokenBuilder::valid("alice").claim("iss", "http://127.0.0.1:3000"), Some("iss"))]
#[case::session_cookie(TokenBuilder::valid("alice").header("typ", "better-auth.session-cache+jwt"), Some("typ"))]
#[case::expired(TokenBuilder::valid("alice").claim("exp", now() - 3600), None)]
fn in_development_a_refused_token_leads_to_the_command_that_explains_it(
    #[case] token: TokenBuilder,
    #[case] check: Option<&str>,
) {
    for environment in ["development", "production"] {
        let (url, _folder) = fresh_url(Backend::Sqlite);
        let mut process = Process::serve(&url, &[("APP_ENV", environment)]);
        let client = Client::new(agent(), process.address(), Some(token.build()));
        for _ in 0..3 {
            client.get("/api/me").expect(401);
        }
        let is_named = environment == "development" && check.is_some();
        let words =
            format!("refused by the check {:?}: taskbridge token inspect", check.unwrap_or("exp"));
        assert_eq!(lines(process, &words), usize::from(is_named), "{environment}");
    }
}

#[test]
fn a_client_that_speaks_tls_is_named_once() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    let address = process.address();
    for _ in 0..3 {
        let mut stream = raw::connect(address);
        stream.write_all(&[22, 3, 1, 0, 5, 1, 0, 0, 1, 0]).unwrap();
        assert_eq!(raw::read_answer(stream, false).status, 400);
    }
    process.as_user("alice").get("/api/me").expect(200);
    assert_eq!(lines(process, "a client speaks TLS to this port"), 1);
}

#[test]
fn a_binary_body_is_not_taken_for_tls() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    let alice = process.as_user("alice");
    alice.raw("POST", "/api/alice/tasks", &["Content-Length: 4"], &[22, 3, 1, 0]).expect(400);
    assert_eq!(lines(process, "speaks TLS"), 0);
}

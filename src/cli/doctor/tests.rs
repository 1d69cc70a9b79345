//! The report in situations that operators really get into.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

const SECRET: &str = "kJ8vQ2xL5nR7tY0wE3uI6oP9aS1dF4gH";

fn report(pairs: &[(&str, &str)]) -> Vec<(String, Verdict, String)> {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/tasks.db", folder.path().display());
    let base = [("BETTER_AUTH_SECRET", SECRET), ("DATABASE_URL", database.as_str())];
    let source = Source::from_pairs(base.into_iter().chain(pairs.iter().copied()));
    examine(&source).into_iter().map(|row| (row.name, row.result, row.value)).collect()
}

fn finding(pairs: &[(&str, &str)], name: &str) -> (Verdict, String) {
    let rows = report(pairs);
    let found = rows.iter().find(|row| row.0 == name).unwrap_or_else(|| panic!("{name}: {rows:?}"));
    (found.1, found.2.clone())
}

/// A server that sends this response to one request. Returns its URL.
fn respond_once(response: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(response.as_bytes()).unwrap();
    });
    url
}

fn http(status: &str, body: &str, date: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nDate: {date}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

const ONE_KEY: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fn now() -> String {
    chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[test]
fn a_good_configuration_is_healthy() {
    // A developer's machine may allow fewer open files than the default needs.
    let rows = report(&[("MAX_CONNECTIONS", "100")]);
    assert!(rows.iter().all(|row| row.1 == Verdict::Ok), "{rows:?}");
    assert!(rows.iter().any(|row| row.0 == "BETTER_AUTH_SECRET" && row.2.contains("fingerprint")));
    assert!(!format!("{rows:?}").contains(SECRET));
}

#[test]
fn it_says_what_a_sign_out_ends() {
    for (pairs, verdict, words) in [
        (
            &[][..],
            Verdict::Ok,
            "sid; a token without it is accepted, and no sign-out ends it; 0 ended",
        ),
        (&[("REQUIRE_SESSION", "on")], Verdict::Ok, "sid, in every token; 0 ended"),
        (&[("JWT_SESSION_CLAIM", "off")], Verdict::Warning, "off: a sign-out ends no token"),
        (&[("REVOCATION_SECONDS", "60")], Verdict::Ok, "each for 60 s"),
    ] {
        let (found, value) = finding(pairs, "JWT_SESSION_CLAIM");
        assert_eq!(found, verdict, "{value}");
        assert!(value.contains(words), "{value}");
    }
}

#[test]
fn each_problem_with_a_key_set_has_its_own_message() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let only_weak = r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#;
    for (url, words) in [
        (format!("http://{free}/jwks"), "no answer"),
        (respond_once(http("200 OK", r#"{"keys":[]}"#, &now())), "the key set is empty"),
        (respond_once(http("500 Internal Server Error", "", &now())), "status 500"),
        (respond_once(http("200 OK", only_weak, &now())), "no usable key"),
    ] {
        let (result, value) = finding(&[("JWKS_URL", &url)], "JWKS_URL");
        assert_eq!(result, Verdict::Failed, "{value}");
        assert!(value.contains(words), "{words}: {value}");
    }
}

#[test]
fn the_keys_are_counted_and_the_clocks_compared() {
    let url = respond_once(http("200 OK", ONE_KEY, &now()));
    let rows = report(&[("JWKS_URL", &url)]);
    let of = |name: &str| rows.iter().find(|row| row.0 == name).map(|row| (row.1, row.2.as_str()));
    assert_eq!(of("JWKS_URL"), Some((Verdict::Ok, "1 usable key(s)")));
    assert_eq!(of("clock").map(|row| row.0), Some(Verdict::Ok));
}

#[test]
fn a_clock_that_is_an_hour_off_is_a_failure() {
    let late =
        (chrono::Utc::now() - chrono::TimeDelta::hours(1)).format("%a, %d %b %Y %H:%M:%S GMT");
    let url = respond_once(http("200 OK", ONE_KEY, &late.to_string()));
    let (result, value) = finding(&[("JWKS_URL", &url)], "clock");
    assert_eq!(result, Verdict::Failed);
    assert!(value.contains("36"), "{value}");
}

#[test]
fn the_web_apps_own_origin_must_be_allowed() {
    let (result, value) =
        finding(&[("CORS_ALLOWED_ORIGINS", "https://other.example")], "CORS_ALLOWED_ORIGINS");
    assert_eq!(result, Verdict::Failed);
    assert!(value.contains("http://localhost:3000"), "{value}");
}

#[test]
fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://ann:hunter2@{free}/tasks");
    let (result, value) = finding(&[("DATABASE_URL", &url)], "DATABASE_URL");
    assert_eq!(result, Verdict::Failed);
    assert!(value.contains(&free.port().to_string()) && !value.contains("hunter2"), "{value}");
}

#[test]
fn mistakes_in_the_configuration_are_all_listed() {
    let rows =
        report(&[("PORT", "x"), ("JWT_LEEWAY_SECONDS", "x"), ("BETTER_AUTH_SECRET", "short")]);
    let failed: Vec<_> = rows.iter().filter(|row| row.1 == Verdict::Failed).collect();
    assert_eq!((rows.len(), failed.len()), (3, 3), "{rows:?}");
}

#[test]
fn a_secret_with_few_different_characters_is_a_mistake() {
    let typed = "passwordpasswordpasswordpassword";
    let (verdict, words) = finding(&[("BETTER_AUTH_SECRET", typed)], "configuration");
    assert!(words.contains("fewer than 10 different characters"), "{words}");
    assert_eq!(verdict, Verdict::Failed);
}

#[test]
fn limits_that_are_off_and_ports_that_are_open_are_warnings() {
    for (name, value, expected, words) in [
        ("RATE_LIMIT_PER_MINUTE", "0", Verdict::Warning, "whole server"),
        ("RATE_LIMIT_PER_MINUTE", "7", Verdict::Ok, "7 for each user; instances on one PostgreSQL"),
        ("AUTH_FAILURES_PER_MINUTE", "7", Verdict::Ok, "7 for each address, on each instance"),
        ("AUTH_FAILURES_PER_MINUTE", "0", Verdict::Warning, "tried without end"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", Verdict::Warning, "name the proxies"),
        ("TRUSTED_PROXIES", "::/0", Verdict::Warning, "name the proxies"),
        ("TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16", Verdict::Ok, "10.0.0.1/32, 10.1.0.0/16"),
        ("TRUSTED_PROXIES", "", Verdict::Ok, "none"),
        ("METRICS_ADDR", "0.0.0.0:9464", Verdict::Warning, "from outside"),
        ("METRICS_ADDR", "127.0.0.1:9464", Verdict::Ok, "127.0.0.1:9464"),
        ("METRICS_ADDR", "", Verdict::Ok, "off"),
        ("LOG_FORMAT", "json", Verdict::Ok, "json"),
        ("MAX_CONNECTIONS", "1", Verdict::Ok, "1"),
        ("MAX_CONNECTIONS", "1000000", Verdict::Warning, "ulimit"),
    ] {
        let (result, text) = finding(&[(name, value)], name);
        assert_eq!(result, expected, "{name}={value}: {text}");
        assert!(text.contains(words), "{name}={value}: {text}");
    }
}

#[test]
fn an_unfinished_copy_is_a_failure() {
    let db = crate::db::testing::TestDb::new(crate::db::testing::Backend::Sqlite);
    let crate::db::DatabaseUrl::Sqlite(path) = &db.url else { panic!("SQLite") };
    let url = format!("sqlite://{path}");
    assert!(report(&[("DATABASE_URL", &url)]).iter().all(|row| row.0 != "copy"));
    db.run(|connection| {
        let ledger =
            "CREATE TABLE taskbridge_copy (table_name TEXT, row_count BIGINT, checksum TEXT)";
        diesel::connection::SimpleConnection::batch_execute(connection, ledger).unwrap();
    });
    assert_eq!(finding(&[("DATABASE_URL", &url)], "copy").0, Verdict::Failed);
}

#[test]
fn the_authorization_server_of_assistants_must_be_there_under_its_own_name() {
    let (on, name) = (("MCP", "on"), "MCP_AUTHORIZATION_SERVER");
    let free =
        format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let (result, value) = finding(&[on, (name, &free)], name);
    assert_eq!(result, Verdict::Failed);
    assert!(value.contains("no answer") && value.contains("start the web app"), "{value}");
    for (response, words) in [
        (http("404 Not Found", "", &now()), "set MCP=on in the web app too"),
        (http("500 Internal Server Error", "", &now()), "status 500"),
        (http("200 OK", "[]", &now()), "names no issuer"),
        (http("200 OK", r#"{"issuer":"https://other.example"}"#, &now()), "https://other.example"),
    ] {
        let issuer = respond_once(response).replace("/jwks", "");
        let (result, value) = finding(&[on, (name, &issuer)], name);
        assert_eq!(result, Verdict::Failed, "{value}");
        assert!(value.contains(words), "{words}: {value}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let body = format!("{{\"issuer\":\"{issuer}\"}}");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(http("200 OK", &body, &now()).as_bytes()).unwrap();
    });
    let rows = report(&[on, (name, &issuer)]);
    let of = |name: &str| rows.iter().find(|row| row.0 == name).map(|row| (row.1, row.2.as_str()));
    assert_eq!(of(name), Some((Verdict::Ok, issuer.as_str())));
    assert!(of("MCP_RESOURCE").is_some_and(|row| row.1.starts_with("http://localhost:8000/mcp")));
    assert!(report(&[]).iter().all(|row| row.0 != name), "off");
}

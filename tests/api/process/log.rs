//! The log: one line for each request, everything that an operator needs, and no secret.

use std::io::{Read, Write};

use rstest::rstest;
use serde_json::json;

use crate::support::app::fresh_url;
use crate::support::client::agent;
use crate::support::process::Process;
use crate::support::tokens::{ORIGIN, SECRET, TokenBuilder, now};
use crate::support::{Backend, Client, raw};

/// Method, path, caller, expected route and expected status.
const REQUESTS: &[(&str, &str, &str, &str, u16)] = &[
    ("GET", "/health", "anonymous", "/health", 200),
    ("GET", "/api/me", "alice", "/api/me", 200),
    ("GET", "/api/alice/tasks?search=hunter2", "alice", "/api/{user_id}/tasks", 200),
    ("GET", "/api/alice/tasks/1", "alice", "/api/{user_id}/tasks/{id}", 404),
    ("PATCH", "/api/alice/tasks/1/complete", "alice", "/api/{user_id}/tasks/{id}/complete", 404),
    ("DELETE", "/api/alice/tasks/abc", "alice", "/api/{user_id}/tasks/{id}", 400),
    ("GET", "/api/alice/tasks", "mallory", "/api/{user_id}/tasks", 403),
    ("GET", "/api/alice/tasks", "anonymous", "/api/{user_id}/tasks", 401),
    ("GET", "/api/hunter2/hunter2", "alice", "-", 403),
    ("GET", "/hunter2?token=hunter2", "anonymous", "-", 404),
];

fn client(process: &mut Process, user: &str) -> Client {
    if user == "anonymous" {
        return Client::new(agent(), process.address(), None);
    }
    process.as_user(user)
}

fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let mut fields = line.split(' ').filter_map(|part| part.split_once('='));
    fields.find(|(n, _)| *n == name).map_or("", |(_, value)| value)
}

#[test]
fn each_request_has_one_line_with_its_route_and_status() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process =
        Process::serve(&url, &[("RUST_LOG", "taskbridge::access=debug,taskbridge=info")]);
    for (number, (method, path, user, ..)) in REQUESTS.iter().enumerate() {
        let client =
            client(&mut process, user).with_header("X-Request-Id", &format!("request-{number}"));
        client.send(method, path, None);
    }
    process.signal("TERM");
    process.wait();
    let log = process.stderr();
    assert_eq!(log.matches(" method=").count(), REQUESTS.len(), "{log}");
    for (number, (method, path, _, route, status)) in REQUESTS.iter().enumerate() {
        let wanted = format!("request_id=request-{number}");
        let access = log.lines().filter(|line| line.contains(" taskbridge::access]"));
        let lines: Vec<&str> = access.filter(|line| line.contains(&wanted)).collect();
        let [line] = lines[..] else { panic!("{path}: {lines:?}") };
        assert_eq!(field(line, "method"), *method);
        assert_eq!(field(line, "status"), status.to_string(), "{line}");
        assert_eq!(field(line, "route"), *route, "{line}");
        assert!(
            field(line, "duration_ms").parse::<f64>().is_ok_and(|duration| duration >= 0.0),
            "{line}"
        );
        assert!(!line.contains("hunter2") && !line.contains("alice"), "{line}");
    }
}

#[test]
fn probes_are_logged_only_while_they_fail() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("SHUTDOWN_DELAY_SECONDS", "2")]);
    let anonymous = process.anonymous();
    for path in ["/health", "/health/ready"] {
        anonymous.get(path).expect(200);
    }
    process.signal("TERM");
    std::thread::sleep(std::time::Duration::from_millis(300));
    anonymous.get("/health/ready").expect(503);
    process.wait();
    let log = process.stderr();
    let lines: Vec<&str> =
        log.lines().filter(|line| line.contains(" taskbridge::access]")).collect();
    assert!(matches!(lines[..], [line] if field(line, "status") == "503"), "{log}");
}

#[test]
fn security_events_name_the_address_and_the_request() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("RATE_LIMIT_PER_MINUTE", "2")]);
    let ask = |client: Client, path: &str, id: &str| {
        client.with_header("X-Request-Id", id).get(path).status
    };
    let address = process.address();
    let rubbish = Client::new(agent(), address, Some("rubbish".to_owned()));
    assert_eq!(ask(rubbish, "/api/me", "first"), 401);
    let mallory = process.as_user("mallory");
    assert_eq!(ask(mallory.clone(), "/api/alice/tasks", "second"), 403);
    assert_eq!(ask(mallory.clone(), "/api/me", "third"), 200);
    assert_eq!(ask(mallory.clone(), "/api/me", "fourth"), 429);
    process.signal("TERM");
    process.wait();
    let log = process.stderr();
    let events: Vec<[&str; 4]> = log
        .lines()
        .filter(|line| line.contains(" taskbridge::security]"))
        .map(|line| ["event", "code", "client", "request_id"].map(|name| field(line, name)))
        .collect();
    let expected = [
        ["authentication_failed", "invalid_token", "127.0.0.1", "first"],
        ["access_denied", "forbidden", "127.0.0.1", "second"],
        ["rate_limited", "rate_limited", "127.0.0.1", "fourth"],
    ];
    assert_eq!(events, expected, "{log}");
}

#[test]
fn json_lines_have_the_same_members_as_text_lines() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("LOG_FORMAT", "json")]);
    let address = process.address();
    let anonymous = Client::new(agent(), address, None).with_header("X-Request-Id", "one");
    anonymous.get("/api/alice/tasks").expect(401);
    process.signal("TERM");
    process.wait();
    let log = process.stderr();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(lines.len() > 3, "{log}");
    for line in &lines {
        for member in ["timestamp", "level", "target", "message"] {
            assert!(line[member].is_string(), "{member}: {line}");
        }
    }
    let access = lines.iter().find(|line| line["target"] == "taskbridge::access").unwrap();
    let expected = json!([401, "GET", "/api/{user_id}/tasks", "one", "info"]);
    let members = ["status", "method", "route", "request_id", "level"];
    assert_eq!(json!(members.map(|member| access[member].clone())), expected);
    assert!(access["duration_ms"].is_number());
}

#[rstest]
#[case::token("/api/me", 401, "https://other.example")]
#[case::owner("/api/bob/tasks", 403, "the path names another user")]
#[case::accept("/api/alice/tasks", 406, "does not accept JSON")]
#[case::handler("/api/alice/tasks/1", 404, "no such resource")]
fn the_cause_of_a_refusal_is_logged_at_debug_level_only(
    #[case] path: &str,
    #[case] status: u16,
    #[case] cause: &str,
) {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let issuer = if status == 401 { "https://other.example" } else { ORIGIN };
    let token = TokenBuilder::valid("alice").claim("iss", issuer).build();
    for (level, shown) in [("taskbridge=info", false), ("taskbridge=debug", true)] {
        let mut process = Process::serve(&url, &[("RUST_LOG", level)]);
        let client = Client::new(agent(), process.address(), Some(token.clone()));
        let accept = if status == 406 { "text/html" } else { "*/*" };
        let client = client.with_header("X-Request-Id", "why").with_header("Accept", accept);
        client.get(path).expect(status);
        process.signal("TERM");
        process.wait();
        let log = process.stderr();
        let is_logged =
            log.lines().any(|line| line.contains(cause) && line.contains("request_id=why"));
        assert_eq!(is_logged, shown, "{level}: {log}");
    }
}

#[rstest]
fn no_level_shows_a_token_a_secret_or_a_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    let mut process = Process::serve(&url, &[("RUST_LOG", "taskbridge=trace")]);
    let address = process.address();
    let as_bearer = |token: &str| Client::new(agent(), address, Some(token.to_owned()));
    let valid = TokenBuilder::valid("alice").build();
    let alice = as_bearer(&valid);
    let body = json!({"title": "title-hunter2", "description": "description-hunter2", "tags": ["tag-hunter2"]});
    let created = alice.post("/api/alice/tasks", &body).expect(201);
    let task = created.header("location").unwrap_or_default().to_owned();
    alice.put(&task, &body).expect(200);
    alice.get("/api/alice/tasks?search=hunter2").expect(200);
    alice.put(&task, &json!({"title": "hunter2".repeat(100), "priority": "hunter2"})).expect(422);
    alice.raw("PUT", &task, &["Content-Length: 17"], b"{\"title\": hunter2").expect(400);
    alice.delete(&task).expect(204);
    let mut tokens = vec![valid];
    for broken in [
        TokenBuilder::valid("alice").secret("hunter2-hunter2-hunter2-hunter2-hunter2"),
        TokenBuilder::valid("alice").claim("exp", now() - 3600),
        TokenBuilder::valid("alice").raw_payload("hunter2"),
        TokenBuilder::valid("alice").without_claim("sub").claim("email", "hunter2"),
    ] {
        tokens.push(broken.build());
        as_bearer(&broken.build()).get("/api/me").expect(401);
    }
    as_bearer("hunter2 hunter2").raw("GET", "/api/me", &[], b"").expect(400);
    process.signal("TERM");
    process.wait();
    let output = process.output();
    assert!(output.contains(" method=PUT "), "{output}");
    for token in &tokens {
        for part in token.split('.').filter(|part| !part.is_empty()) {
            assert!(!output.contains(part), "{part}: {output}");
        }
    }
    for never in ["hunter2", SECRET, "Bearer ey"] {
        assert!(!output.contains(never), "{never}: {output}");
    }
}

#[test]
fn refused_connections_are_one_line_that_says_what_to_do() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[("MAX_CONNECTIONS", "10")]);
    let address = process.address();
    let mut held = raw::connect(address);
    held.write_all(&raw::request("GET", "/health", &["Accept: */*"], b"")).unwrap();
    assert!(held.read(&mut [0; 512]).unwrap() > 0);
    for _ in 0..5 {
        let mut refused = raw::connect(address);
        assert!(!refused.read(&mut [0]).is_ok_and(|length| length > 0));
    }
    let log = process.stderr();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("connection_refused")).collect();
    let [line] = lines[..] else { panic!("{log}") };
    assert!(line.contains("WARN") && line.contains("client=127.0.0.1"), "{line}");
    assert!(line.contains("TRUSTED_PROXIES"), "{line}");
}

#[test]
fn a_refused_origin_is_named_once_with_the_variable() {
    let (url, _folder) = fresh_url(Backend::Sqlite);
    let mut process = Process::serve(&url, &[]);
    let ask = |process: &mut Process, origin: &str| {
        let page = client(process, "anonymous").with_header("Origin", origin);
        page.get("/health").expect(200);
        let preflight = page.with_header("Access-Control-Request-Method", "GET");
        preflight.send("OPTIONS", "/api/me", None).expect(200);
    };
    ask(&mut process, ORIGIN);
    ask(&mut process, "http://localhost:5173");
    ask(&mut process, "http://localhost:5173");
    for number in 0..50 {
        ask(&mut process, &format!("https://evil-{number}.example"));
    }
    process.signal("TERM");
    process.wait();
    let log = process.stderr();
    let lines = |word: &str| -> Vec<String> {
        let named = log.lines().filter(|line| line.contains("CORS_ALLOWED_ORIGINS"));
        named.filter(|line| line.contains(word)).map(str::to_owned).collect()
    };
    assert_eq!(lines("http://localhost:5173").len(), 1, "{log}");
    assert!(lines("http://localhost:5173")[0].contains("WARN"), "{log}");
    assert_eq!((lines("").len(), lines(ORIGIN).len()), (20, 0), "{log}");
}

//! Compressed responses: the same content, an entity tag of their own, and conditional requests that still work.

use std::io::Read;

use flate2::read::GzDecoder;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::client::{new_task, tasks_of};
use crate::support::{Answer, Backend, Client, TestApp};

const GZIP: &str = "Accept-Encoding: gzip, deflate, br";

fn decoded(answer: &Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(answer.body.as_slice()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Alice, and the path of a task whose response is longer than the threshold.
fn alice_with_a_long_task() -> (TestApp, Client, String) {
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "Long");
    alice.patch(&task, &json!({"description": "word ".repeat(200)})).expect(200);
    (app, alice, task)
}

#[test]
fn a_long_response_is_compressed_for_clients_that_accept_it() {
    let (_app, alice, task) = alice_with_a_long_task();
    for path in [&task, &tasks_of("alice"), "/openapi.json"] {
        let plain = alice.raw("GET", path, &[], b"").expect(200);
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        assert!(plain.header_list("vary").contains(&"accept-encoding".to_owned()), "{path}");
        let coded = alice.raw("GET", path, &[GZIP], b"").expect(200);
        assert_eq!(coded.header("content-encoding"), Some("gzip"), "{path}");
        assert!(coded.header_list("vary").contains(&"accept-encoding".to_owned()), "{path}");
        assert!(coded.body.len() * 2 < plain.body.len(), "{path}");
        assert_eq!(decoded(&coded), plain.body, "{path}");
        assert_eq!(coded.header("content-type"), plain.header("content-type"));
        assert_eq!(coded.header("content-length"), None);
    }
}

#[rstest]
#[case(&[])]
#[case(&["Accept-Encoding: identity"])]
#[case(&["Accept-Encoding: gzip;q=0"])]
#[case(&["Accept-Encoding: br, zstd"])]
#[case(&["Accept-Encoding: identity, gzip;q=0.5"])]
#[case(&["Accept-Encoding:"])]
#[case(&["Accept-Encoding: ;;;"])]
#[case(&["Accept-Encoding: identity;q=0"])]
#[case(&["Accept-Encoding: *;q=0"])]
fn a_client_that_does_not_accept_gzip_gets_no_compression(#[case] lines: &[&str]) {
    let (_app, alice, task) = alice_with_a_long_task();
    let answer = alice.raw("GET", &task, lines, b"").expect(200);
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(answer.json()["title"], "Long");
}

#[test]
fn a_short_response_is_not_compressed() {
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "Short");
    for path in [&task, "/health", "/api/me", "/nothing"] {
        let answer = alice.raw("GET", path, &[GZIP], b"");
        assert_eq!(answer.header("content-encoding"), None, "{path}");
        assert!(answer.header("content-length").is_some(), "{path}");
    }
}

#[test]
fn the_threshold_is_1024_bytes() {
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    let task = new_task(&alice, "alice", "a");
    let with = |length: usize| {
        let body = json!({"description": "x".repeat(length), "title": "a"});
        let plain = alice.patch(&task, &body).expect(200);
        (plain.body.len(), alice.raw("GET", &task, &[GZIP], b""))
    };
    let overhead = with(500).0 - 500;
    let (below, short) = with(1023 - overhead);
    assert_eq!((below, short.header("content-encoding")), (1023, None));
    let (at, long) = with(1024 - overhead);
    assert_eq!((at, long.header("content-encoding")), (1024, Some("gzip")));
}

#[test]
fn each_form_has_a_strong_tag_and_both_match() {
    let (_app, alice, task) = alice_with_a_long_task();
    let tag = |lines: &[&str]| {
        alice.raw("GET", &task, lines, b"").header("etag").unwrap_or_default().to_owned()
    };
    let (plain, coded) = (tag(&[]), tag(&[GZIP]));
    assert_eq!(coded, format!("{}-gzip\"", plain.trim_end_matches('"')));
    for (known, answered) in [
        (plain.clone(), &plain),
        (coded.clone(), &coded),
        (format!("W/{coded}"), &coded),
        (format!("\"0\", {coded}"), &coded),
    ] {
        let condition = format!("If-None-Match: {known}");
        let answer = alice.raw("GET", &task, &[GZIP, &condition], b"").expect(304);
        assert_eq!(answer.header("etag"), Some(answered.as_str()), "{known}");
        assert_eq!((answer.header("content-encoding"), answer.body.len()), (None, 0));
        assert!(answer.header_list("vary").contains(&"accept-encoding".to_owned()));
    }
    alice.patch(&task, &json!({"title": "Other"})).expect(200);
    for known in [plain, coded] {
        let condition = format!("If-None-Match: {known}");
        alice.raw("GET", &task, &[GZIP, &condition], b"").expect(200);
    }
}

/// Edits as a browser makes them: each uses the entity tag of the compressed response before it.
#[test]
fn a_write_accepts_the_tag_of_either_form() {
    let (_app, alice, task) = alice_with_a_long_task();
    let mut tag =
        alice.raw("GET", &task, &[GZIP], b"").header("etag").unwrap_or_default().to_owned();
    let first = tag.clone();
    let write = |tag: &str, number: usize| {
        let body = format!("{{\"title\":\"Edit {number}\"}}");
        let condition = format!("If-Match: {tag}");
        let length = format!("Content-Length: {}", body.len());
        alice.raw("PATCH", &task, &[GZIP, &condition, &length], body.as_bytes())
    };
    for number in 0..5 {
        let answer = write(&tag, number).expect(200);
        assert_eq!(answer.header("content-encoding"), Some("gzip"));
        tag = answer.header("etag").unwrap_or_default().to_owned();
        assert!(tag.ends_with("-gzip\""), "{tag}");
    }
    assert_eq!(write(&first, 6).expect(412).code(), "precondition_failed");
    let plain = tag.replace("-gzip", "");
    write(&plain, 7).expect(200);
}

#[test]
fn an_export_is_compressed_as_a_stream() {
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice");
    for number in 0..50 {
        new_task(&alice, "alice", &format!("Task number {number}"));
    }
    let plain = alice.raw("GET", "/api/alice/export", &[], b"").expect(200);
    let coded = alice.raw("GET", "/api/alice/export", &[GZIP], b"").expect(200);
    assert_eq!(coded.header("content-encoding"), Some("gzip"));
    assert_eq!(decoded(&coded), plain.body);
    assert!(coded.body.len() * 4 < plain.body.len());
}

#[test]
fn the_description_has_a_tag_for_each_form() {
    let app = TestApp::spawn(Backend::Sqlite);
    let coded = app.anonymous().raw("GET", "/openapi.json", &[GZIP], b"").expect(200);
    let tag = coded.header("etag").unwrap_or_default();
    assert!(tag.ends_with("-gzip\""), "{tag}");
    let condition = format!("If-None-Match: {tag}");
    let again = app.anonymous().raw("GET", "/openapi.json", &[GZIP, &condition], b"").expect(304);
    assert_eq!(again.header("etag"), Some(tag));
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    let (_app, alice, task) = alice_with_a_long_task();
    let alice = alice.with_header("X-Request-Id", "head");
    for path in [&task, "/openapi.json", "/health"] {
        for lines in [&[][..], &[GZIP]] {
            let get = alice.raw("GET", path, lines, b"").without_date();
            let head = alice.raw("HEAD", path, lines, b"").without_date();
            assert_eq!((head.status, &head.headers), (get.status, &get.headers), "{path}");
            assert!(head.body.is_empty(), "{path}");
        }
    }
}

#[test]
fn an_empty_body_is_not_compressed() {
    let (_app, alice, task) = alice_with_a_long_task();
    let answer = alice.raw("DELETE", &task, &[GZIP], b"").expect(204);
    assert_eq!((answer.header("content-encoding"), answer.body.len()), (None, 0));
}

#[test]
fn a_long_problem_is_compressed_with_its_request_id() {
    let app = TestApp::spawn(Backend::Sqlite);
    let alice = app.as_user("alice").with_header("X-Request-Id", "long-problem");
    let body = json!({
        "title": "", "description": 1, "completed": 1, "priority": 1, "tags": 1, "due_date": 1,
    })
    .to_string();
    let wrong = "status=x&completed=x&priority=x&tag=%00&due_before=x&due_after=x&search=%00&sort=x&order=x&limit=x&include_total=x";
    let length = format!("Content-Length: {}", body.len());
    let listed = alice.raw("GET", &format!("/api/alice/tasks?{wrong}"), &[GZIP], b"").expect(422);
    let posted =
        alice.raw("POST", "/api/alice/tasks", &[GZIP, &length], body.as_bytes()).expect(422);
    assert_eq!(listed.header("content-encoding"), Some("gzip"));
    for answer in [listed, posted] {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let bytes = match answer.header("content-encoding") {
            Some(_) => decoded(&answer),
            None => answer.body.clone(),
        };
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(problem["request_id"], "long-problem");
        assert!(problem["errors"].as_array().is_some_and(|errors| errors.len() > 5));
    }
}

#[test]
fn a_compressed_response_has_its_cors_headers() {
    let (app, alice, task) = alice_with_a_long_task();
    let origin = format!("Origin: {}", crate::support::tokens::ORIGIN);
    let answer = alice.raw("GET", &task, &[GZIP, &origin], b"").expect(200);
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert!(answer.header("access-control-allow-origin").is_some());
    for name in ["authorization", "origin", "accept-encoding"] {
        assert!(answer.header_list("vary").contains(&name.to_owned()), "{answer:?}");
    }
    drop(app);
}

//! Request bodies that are too long, not JSON or not an object. Each is refused with 4xx and leaves the task
//! unchanged.

use rstest::rstest;
use serde_json::json;

use super::{ALICE, alice, alice_with_task, assert_refused, tasks_of};
use crate::support::{Answer, Backend, Client, raw};

const LIMIT: usize = 64 * 1024;

/// Sends a body with `Content-Length`, declared as JSON.
fn send(client: &Client, method: &str, path: &str, body: &[u8]) -> Answer {
    let length = format!("Content-Length: {}", body.len());
    client.raw(method, path, &["Content-Type: application/json", &length], body)
}

/// Every operation that reads a body.
const WITH_BODY: &[(&str, &str)] = &[("PUT", ""), ("PATCH", ""), ("PATCH", "/complete")];

#[rstest]
#[case::nothing_but_blanks(b" ")]
#[case::a_word(b"title")]
#[case::cut_short(b"{\"title\":\"a\"")]
#[case::two_objects(b"{\"title\":\"a\"}{\"title\":\"b\"}")]
#[case::text_after_it(b"{\"title\":\"a\"} x")]
#[case::single_quotes(b"{'title':'a'}")]
#[case::a_comma_too_many(b"{\"title\":\"a\",}")]
#[case::a_comment(b"{\"title\":\"a\"} // x")]
#[case::not_utf8(b"{\"title\":\"\xff\"}")]
#[case::overlong_utf8(b"{\"title\":\"\xc0\xaf\"}")]
#[case::an_encoded_surrogate(b"{\"title\":\"\xed\xa0\x80\"}")]
#[case::a_lone_surrogate(b"{\"title\":\"\\ud800\"}")]
#[case::surrogates_the_wrong_way_round(b"{\"title\":\"\\udc00\\ud800\"}")]
#[case::a_raw_control_character(b"{\"title\":\"a\nb\"}")]
#[case::a_byte_order_mark(b"\xef\xbb\xbf{\"title\":\"a\"}")]
#[case::utf16(b"\xff\xfe{\0}\0")]
#[case::not_a_number(b"{\"title\":NaN}")]
#[case::a_number_without_end(b"{\"completed\":1e999}")]
#[case::a_member_twice(b"{\"title\":\"a\",\"title\":\"b\"}")]
#[case::a_member_twice_by_escape(b"{\"title\":\"a\",\"\\u0074itle\":\"b\"}")]
#[case::a_flag_twice(b"{\"completed\":true,\"completed\":false}")]
#[case::form(b"title=a&completed=true")]
fn a_body_that_is_not_json_is_400(#[case] body: &[u8]) {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    for (method, suffix) in WITH_BODY {
        let attempt = || send(&client, method, &format!("{task}{suffix}"), body);
        assert_eq!(assert_refused(&client, &task, attempt).expect(400).code(), "malformed_json");
    }
    assert_eq!(send(&client, "POST", &tasks_of(ALICE), body).expect(400).code(), "malformed_json");
    assert_eq!(client.get(&tasks_of(ALICE)).json().as_array().map(Vec::len), Some(1));
}

#[rstest]
#[case("[]")]
#[case("[\"Buy milk\"]")]
#[case("[\"Changed\", \"b\", true, \"low\", [], null]")]
#[case("[{\"title\":\"a\"}]")]
#[case("null")]
#[case("\"Buy milk\"")]
#[case("7")]
#[case("true")]
fn json_that_is_not_an_object_is_422(#[case] body: &str) {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let expected = [(String::new(), "wrong_type".to_owned())];
    for (method, suffix) in WITH_BODY {
        let attempt = || send(&client, method, &format!("{task}{suffix}"), body.as_bytes());
        assert_eq!(
            assert_refused(&client, &task, attempt).expect(422).faults(),
            expected,
            "{method} {suffix}"
        );
    }
    let answer = send(&client, "POST", &tasks_of(ALICE), body.as_bytes());
    assert_eq!(answer.expect(422).faults(), expected);
}

#[rstest]
fn a_missing_body_is_400_where_one_is_needed(#[values("POST", "PUT", "PATCH")] method: &str) {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let path = if method == "POST" { tasks_of(ALICE) } else { task.clone() };
    for lines in [&[][..], &["Content-Length: 0"], &["Content-Type: application/json"]] {
        let attempt = || client.raw(method, &path, lines, b"");
        assert_eq!(assert_refused(&client, &task, attempt).expect(400).code(), "malformed_json");
    }
}

#[rstest]
#[case::arrays("[", "]")]
#[case::objects("{\"a\":", "}")]
fn deeply_nested_json_is_handled(#[case] open: &str, #[case] close: &str) {
    let (app, client, task) = alice_with_task(Backend::Sqlite);
    for levels in [200, 9_000, 100_000] {
        let deep = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        let unclosed = open.repeat(levels);
        for body in [
            format!("{{\"title\":{deep}}}"),
            format!("{{\"tags\":{deep}}}"),
            format!("{{\"title\":{unclosed}"),
            unclosed,
        ] {
            assert_refused(&client, &task, || send(&client, "PUT", &task, body.as_bytes()));
        }
        // An unknown member may be nested deeply, as long as the response is not 5xx.
        let ignored = send(&client, "PUT", &task, format!("{{\"x\":{deep}}}").as_bytes());
        assert!(ignored.status < 500, "{ignored:?}");
    }
    assert_eq!(app.anonymous().get("/health").status, 200);
}

/// A valid body of exactly this many bytes.
fn of_length(length: usize) -> Vec<u8> {
    let empty = json!({"title": "Long", "filler": ""}).to_string();
    json!({"title": "Long", "filler": "x".repeat(length - empty.len())}).to_string().into_bytes()
}

#[test]
fn bodies_up_to_64_kib_are_accepted() {
    let (_app, client) = alice(Backend::Sqlite);
    let tasks = tasks_of(ALICE);
    assert_eq!(send(&client, "POST", &tasks, &of_length(LIMIT)).status, 201);
    assert_eq!(
        send(&client, "POST", &tasks, &of_length(LIMIT + 1)).expect(413).code(),
        "body_too_large"
    );
    let lines = ["Content-Type: application/json", "Transfer-Encoding: chunked"];
    let chunked = |length| client.raw("POST", &tasks, &lines, &raw::chunked(&of_length(length)));
    assert_eq!(chunked(LIMIT).status, 201);
    assert_eq!(chunked(LIMIT + 1).expect(413).code(), "body_too_large");
    assert_eq!(chunked(3 * LIMIT).expect(413).code(), "body_too_large");
}

#[test]
fn a_content_length_above_the_limit_is_refused_at_once() {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    for length in ["65537", "99999999", "18446744073709551615"] {
        let line = format!("Content-Length: {length}");
        for (method, suffix) in WITH_BODY {
            let path = format!("{task}{suffix}");
            let attempt =
                || client.raw(method, &path, &["Content-Type: application/json", &line], b"");
            assert_refused(&client, &task, attempt).expect(413);
        }
        let path = tasks_of(ALICE);
        client.raw("POST", &path, &["Content-Type: application/json", &line], b"").expect(413);
    }
}

#[test]
fn an_unexpected_body_is_ignored() {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    for (method, path, status) in
        [("GET", &tasks_of(ALICE), 200), ("GET", &task, 200), ("DELETE", &task, 204)]
    {
        let answer = send(&client, method, path, b"{\"broken");
        assert_eq!(answer.status, status, "{method} {path}");
    }
}

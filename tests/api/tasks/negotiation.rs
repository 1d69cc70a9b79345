//! `Content-Type` and `Accept`: JSON in, JSON out.

use rstest::rstest;

use super::{ALICE, alice_with_task, assert_refused, tasks_of};
use crate::support::Backend;

const BODY: &[u8] = br#"{"title":"Changed"}"#;
const LENGTH: &str = "Content-Length: 19";

#[rstest]
#[case("text/plain")]
#[case("text/json")]
#[case("application/x-www-form-urlencoded")]
#[case("multipart/form-data; boundary=x")]
#[case("application/jsonp")]
#[case("application/xml")]
#[case("text/plain; application/json")]
#[case("json")]
#[case("")]
fn another_content_type_is_415(#[case] content_type: &str) {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let line = format!("Content-Type: {content_type}");
    for (method, path) in [
        ("POST", &tasks_of(ALICE)),
        ("PUT", &task),
        ("PATCH", &task),
        ("PATCH", &format!("{task}/complete")),
    ] {
        let attempt = || client.raw(method, path, &[&line, LENGTH], BODY);
        let answer = assert_refused(&client, &task, attempt).expect(415);
        assert_eq!(answer.code(), "unsupported_media_type");
    }
}

#[rstest]
#[case(&[])]
#[case(&["Content-Type: application/json"])]
#[case(&["Content-Type: application/json; charset=utf-8"])]
#[case(&["Content-Type: APPLICATION/JSON"])]
#[case(&["Content-Type: application/merge-patch+json"])]
fn json_media_types_are_accepted(#[case] lines: &[&str]) {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let lines: Vec<&str> = lines.iter().copied().chain([LENGTH]).collect();
    let answer = client.raw("PATCH", &task, &lines, BODY).expect(200);
    assert_eq!(answer.json()["title"], "Changed");
}

#[rstest]
#[case("text/html")]
#[case("application/xml, text/*")]
#[case("application/json;q=0")]
#[case("*/*, application/json;q=0")]
fn a_client_that_does_not_accept_json_gets_406(#[case] accept: &str) {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let client = client.with_header("Accept", accept);
    let reader = _app.as_user(ALICE);
    for method in ["GET", "PATCH", "DELETE"] {
        let answer =
            assert_refused(&reader, &task, || client.raw(method, &task, &[], b"")).expect(406);
        assert_eq!(answer.code(), "not_acceptable");
    }
}

#[rstest]
#[case("*/*")]
#[case("application/*")]
#[case("application/json")]
#[case("text/html, application/xhtml+xml, */*;q=0.8")]
#[case("text/html, application/json;q=0.1")]
#[case("not a media type")]
#[case("")]
fn any_other_accept_header_gets_json(#[case] accept: &str) {
    let (_app, client, task) = alice_with_task(Backend::Sqlite);
    let accept = format!("Accept: {accept}");
    let answer = client.raw("GET", &task, &[&accept], b"").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

//! The `Authorization` field: exactly one field, one scheme, one token. A token anywhere else is ignored.

use rstest::rstest;

use crate::support::raw;
use crate::support::{Answer, Backend, TestApp, TokenBuilder};

const INVALID_REQUEST: &str = r#"Bearer realm="taskbridge", error="invalid_request", error_description="The Authorization header is malformed""#;

fn me(app: &TestApp, lines: &[Vec<u8>]) -> Answer {
    raw::exchange(app.address, &raw::request("GET", "/api/me", lines, b""))
}

fn line(value: &[u8]) -> Vec<u8> {
    [b"Authorization: ", value].concat()
}

fn valid() -> Vec<u8> {
    TokenBuilder::valid("alice").build().into_bytes()
}

#[track_caller]
fn assert_missing(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (401, "missing_token"), "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="taskbridge""#));
}

#[track_caller]
fn assert_malformed(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_request"), "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), Some(INVALID_REQUEST));
}

#[test]
fn the_scheme_is_case_insensitive() {
    let app = TestApp::spawn(Backend::Sqlite);
    for scheme in ["Bearer ", "bearer ", "BEARER ", "bEaReR    "] {
        let answer = me(&app, &[line(&[scheme.as_bytes(), &valid()].concat())]);
        assert_eq!(answer.expect(200).json()["user_id"], "alice");
    }
}

#[test]
fn any_number_of_spaces_may_stand_before_the_token_and_no_tab() {
    let app = TestApp::spawn(Backend::Sqlite);
    let with =
        |between: &str| me(&app, &[line(&[b"Bearer", between.as_bytes(), &valid()].concat())]);
    for spaces in [1, 2, 3, 60_000] {
        assert_eq!(with(&" ".repeat(spaces)).expect(200).json()["user_id"], "alice", "{spaces}");
    }
    // The header as a whole has a limit.
    with(&" ".repeat(200_000)).expect(431);
    assert_missing(&with("\t"));
    for between in [" \t", "  \t", " \t "] {
        assert_malformed(&with(between));
    }
}

#[rstest]
#[case::none(&[])]
#[case::empty(&[""])]
#[case::another_scheme(&["Basic YWxpY2U6c2VjcmV0"])]
#[case::no_scheme(&["eyJhbGciOiJIUzI1NiJ9.e30.AAAA"])]
#[case::a_scheme_with_bearer_as_a_prefix(&["Bearerx a.b.c"])]
#[case::an_equals_sign(&["Bearer=a.b.c"])]
fn missing_bearer_credentials_are_401(#[case] values: &[&str]) {
    let app = TestApp::spawn(Backend::Sqlite);
    let lines: Vec<Vec<u8>> = values.iter().map(|value| line(value.as_bytes())).collect();
    assert_missing(&me(&app, &lines));
}

#[rstest]
#[case::alone(b"Bearer")]
#[case::alone_with_spaces(b"Bearer   ")]
#[case::two_tokens(b"Bearer a.b.c d.e.f")]
#[case::two_credentials(b"Bearer a.b.c, Bearer d.e.f")]
#[case::quoted(b"Bearer \"a.b.c\"")]
#[case::a_parameter(b"Bearer token=a.b.c")]
#[case::a_tab_inside(b"Bearer a.b\t.c")]
#[case::only_padding(b"Bearer ===")]
#[case::utf8(b"Bearer \xc3\xa9.b.c")]
#[case::latin1(b"Bearer \xe9.b.c")]
#[case::not_utf8(b"Bearer \xff\xfe")]
#[case::percent(b"Bearer a%2Eb.c")]
fn a_malformed_field_is_400(#[case] value: &[u8]) {
    let app = TestApp::spawn(Backend::Sqlite);
    assert_malformed(&me(&app, &[line(value)]));
}

#[test]
fn two_fields_are_400_even_when_they_are_equal_or_one_is_good() {
    let app = TestApp::spawn(Backend::Sqlite);
    let good = line(&[b"Bearer ", valid().as_slice()].concat());
    let lower = [b"authorization: Bearer ", valid().as_slice()].concat();
    for second in [good.clone(), lower, line(b"Bearer x.y.z"), line(b"Basic YTpi"), line(b"")] {
        assert_malformed(&me(&app, &[good.clone(), second.clone()]));
        assert_malformed(&me(&app, &[second, good.clone()]));
    }
    assert_malformed(&me(&app, &[line(b"Basic YTpi"), line(b"Basic YTpi")]));
}

/// A valid token of exactly this many bytes.
fn genuine_of_length(length: usize) -> String {
    for pad in 0..4 {
        let with = |filler: usize| {
            let token = TokenBuilder::valid("alice").header("kid", "k".repeat(pad));
            token.claim("filler", "f".repeat(filler)).build()
        };
        let start = (length - with(0).len()) * 3 / 4;
        let mut candidates = (start.saturating_sub(4)..start + 4).map(with);
        if let Some(token) = candidates.find(|token| token.len() == length) {
            return token;
        }
    }
    panic!("no token of {length} bytes")
}

#[test]
fn tokens_up_to_8_kib_are_accepted() {
    let app = TestApp::spawn(Backend::Sqlite);
    let longest = genuine_of_length(8 * 1024);
    assert_eq!(app.with_token(&longest).get("/api/me").expect(200).json()["user_id"], "alice");
    for length in [8 * 1024 + 1, 64 * 1024] {
        assert_malformed(&app.with_token(&genuine_of_length(length)).raw(
            "GET",
            "/api/me",
            &[],
            b"",
        ));
    }
}

#[test]
fn a_token_anywhere_else_is_ignored() {
    let app = TestApp::spawn(Backend::Sqlite);
    let token = TokenBuilder::valid("alice").build();
    for path in
        [format!("/api/me?access_token={token}"), format!("/api/me?token={token}&jwt={token}")]
    {
        assert_missing(&app.anonymous().get(&path));
    }
    for name in [
        "Cookie",
        "Proxy-Authorization",
        "X-Authorization",
        "X-Access-Token",
        "Sec-WebSocket-Protocol",
    ] {
        for value in
            [format!("Bearer {token}"), format!("better-auth.session_data={token}; token={token}")]
        {
            assert_missing(&app.anonymous().with_header(name, &value).get("/api/me"));
        }
    }
    let form = app.anonymous().with_header("Content-Type", "application/x-www-form-urlencoded");
    let body = format!("access_token={token}");
    assert_missing(&form.send("POST", "/api/alice/tasks", Some(body.as_bytes())));
    let json = serde_json::json!({"access_token": token, "title": "x"});
    assert_missing(&app.anonymous().post("/api/alice/tasks", &json));
}

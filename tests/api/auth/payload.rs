//! The payload's text: exactly one JSON object with unique member names, even in a correctly signed token.

use rstest::rstest;
use taskbridge::auth::TokenError;

use super::{user_of, verifier};
use crate::support::TokenBuilder;

#[rstest]
#[case("")]
#[case("null")]
#[case("[]")]
#[case("\"alice\"")]
#[case("{")]
#[case("{}{}")]
#[case(r#"{"sub":"alice","sub":"mallory"}"#)]
#[case(r#"{"sub":"alice","\u0073ub":"mallory"}"#)]
#[case(r#"{"exp":1e999}"#)]
#[case(r#"{"exp":NaN}"#)]
#[case(r#"{"sub":"\ud800"}"#)]
fn a_payload_that_is_not_exactly_one_object_is_refused(#[case] text: &str) {
    let token = TokenBuilder::valid("alice").raw_payload(text).build();
    assert_eq!(user_of(&verifier(), &token), Err(TokenError::NotJsonObject("payload").into()));
}

#[test]
fn duplicate_members_are_refused_at_any_depth() {
    let valid = TokenBuilder::valid("alice");
    let text = valid.payload_text();
    let open = text.strip_suffix('}').unwrap();
    assert!(user_of(&verifier(), &valid.clone().raw_payload(format!("{open}}}")).build()).is_ok());
    for extra in [
        r#""sub":"mallory""#,
        r#""sub":"alice""#,
        r#""exp":99999999999"#,
        r#""iss":"https://app.example""#,
        r#""user":{"id":"a","id":"b"}"#,
        r#""x":[[{"y":1,"y":1}]]"#,
    ] {
        let token = valid.clone().raw_payload(format!("{open},{extra}}}")).build();
        assert_eq!(
            user_of(&verifier(), &token),
            Err(TokenError::NotJsonObject("payload").into()),
            "{extra}"
        );
    }
}

#[test]
fn unknown_claims_of_any_type_are_accepted() {
    let token = TokenBuilder::valid("alice")
        .claim("email", "alice@example.org")
        .claim("roles", serde_json::json!([{"name": "admin"}, null, 1.5]))
        .claim("", "nameless")
        .build();
    assert_eq!(user_of(&verifier(), &token), Ok("alice".into()));
}

#[test]
fn a_payload_that_is_not_utf8_or_too_deep_is_refused() {
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(2500), "]".repeat(2500));
    for raw in [b"{\"sub\":\"\xff\"}".to_vec(), b"\x1f\x8b\x08".to_vec(), deep.into_bytes()] {
        let token = TokenBuilder::valid("alice").raw_payload(raw).build();
        assert_eq!(user_of(&verifier(), &token), Err(TokenError::NotJsonObject("payload").into()));
    }
}

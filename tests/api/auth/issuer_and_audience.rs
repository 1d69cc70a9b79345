//! `iss` and `aud`: a token from another issuer or for another service is refused.

use rstest::rstest;
use serde_json::{Value, json};
use taskbridge::auth::TokenError;

use super::{user_of, verifier, verifier_with};
use crate::support::TokenBuilder;

const OURS: &str = "https://app.example";

#[rstest]
fn both_claims_are_required_with_the_right_type(#[values("iss", "aud")] name: &str) {
    let token = TokenBuilder::valid("alice").without_claim(name).build();
    assert_eq!(user_of(&verifier(), &token), Err(TokenError::MissingClaim(name.into()).into()));
    for value in [json!(null), json!(1), json!(true), json!({"value": OURS})] {
        let token = TokenBuilder::valid("alice").claim(name, value.clone()).build();
        let refusal = Err(TokenError::ClaimType(name.into()).into());
        assert_eq!(user_of(&verifier(), &token), refusal, "{name} {value}");
    }
}

#[rstest]
fn one_trailing_slash_is_ignored(#[values("iss", "aud")] name: &str) {
    let token = TokenBuilder::valid("alice").claim(name, format!("{OURS}/")).build();
    assert_eq!(user_of(&verifier(), &token), Ok("alice".into()));
}

#[rstest]
fn any_other_value_is_refused(
    #[values("iss", "aud")] name: &str,
    #[values(
        "",
        "/",
        "any",
        "*",
        "null",
        "https://app.example//",
        "https://app.example/x",
        "http://app.example",
        "https://app.example:443",
        "HTTPS://APP.EXAMPLE",
        "https://app.example.evil",
        "app.example",
        " https://app.example",
        "https://app.example\0"
    )]
    value: &str,
) {
    let token = TokenBuilder::valid("alice").claim(name, value).build();
    let refusal = match name {
        "iss" => TokenError::Issuer(value.into()),
        _ => TokenError::Audience(vec![value.into()]),
    };
    assert_eq!(user_of(&verifier(), &token), Err(refusal.into()));
}

#[test]
fn the_audience_may_be_an_array_and_the_issuer_may_not() {
    let of = |name: &str, value: Value| {
        user_of(&verifier(), &TokenBuilder::valid("alice").claim(name, value).build())
    };
    for value in
        [json!([OURS]), json!(["https://other.example", OURS]), json!([format!("{OURS}/"), ""])]
    {
        assert_eq!(of("aud", value.clone()), Ok("alice".into()), "{value}");
        assert_eq!(
            of("iss", value.clone()),
            Err(TokenError::ClaimType("iss".into()).into()),
            "{value}"
        );
    }
    assert_eq!(of("aud", json!([])), Err(TokenError::Audience(vec![]).into()));
    assert!(of("aud", json!(["https://other.example"])).is_err());
    for mixed in [json!([OURS, 1]), json!([null, OURS]), json!([[OURS]])] {
        assert_eq!(
            of("aud", mixed.clone()),
            Err(TokenError::ClaimType("aud".into()).into()),
            "{mixed}"
        );
    }
}

#[test]
fn several_issuers_and_audiences_can_be_accepted() {
    let verifier = verifier_with(&[
        ("JWT_ISSUER", "https://a.example, https://b.example/"),
        ("JWT_AUDIENCE", "tasks"),
    ]);
    let of = |issuer: &str, audience: &str| {
        let token = TokenBuilder::valid("alice").claim("iss", issuer).claim("aud", audience);
        user_of(&verifier, &token.build()).is_ok()
    };
    assert!(of("https://a.example", "tasks") && of("https://b.example", "tasks"));
    assert!(!of(OURS, "tasks") && !of("https://a.example", OURS));
    assert!(!of("https://a.example, https://b.example/", "tasks"));
}

#[rstest]
#[case("JWT_ISSUER", "iss", "aud")]
#[case("JWT_AUDIENCE", "aud", "iss")]
fn any_switches_off_one_check_and_not_the_other(
    #[case] variable: &str,
    #[case] off: &str,
    #[case] on: &str,
) {
    let verifier = verifier_with(&[(variable, "any")]);
    let token = TokenBuilder::valid("alice");
    assert!(user_of(&verifier, &token.clone().without_claim(off).build()).is_ok());
    assert!(user_of(&verifier, &token.clone().claim(off, "https://other.example").build()).is_ok());
    assert!(user_of(&verifier, &token.clone().claim(off, 1).build()).is_err());
    assert!(user_of(&verifier, &token.clone().without_claim(on).build()).is_err());
    assert!(user_of(&verifier, &token.claim(on, "https://other.example").build()).is_err());
}

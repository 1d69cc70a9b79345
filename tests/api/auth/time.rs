//! `exp`, `nbf` and `iat`, to the second.

use rstest::rstest;
use serde_json::{Value, json};
use taskbridge::auth::{BearerToken, TokenError, TokenVerifier};

use super::{user_of, verifier, verifier_with};
use crate::support::{Backend, TestApp, TokenBuilder};

const NOW: i64 = 1_800_000_000;

/// A token that is valid at [`NOW`], with one claim changed.
fn at_now(name: &str, value: impl Into<Value>) -> TokenBuilder {
    TokenBuilder::valid("alice").claim("iat", NOW).claim("exp", NOW + 900).claim(name, value)
}

fn check(verifier: &TokenVerifier, token: &TokenBuilder) -> Result<(), TokenError> {
    let token = token.build();
    verifier.verify_at(BearerToken::parse(&token).unwrap(), NOW).map(|_| ())
}

#[rstest]
#[case(0)]
#[case(30)]
#[case(300)]
fn the_leeway_is_exact_to_the_second(#[case] leeway: i64) {
    let verifier = verifier_with(&[("JWT_LEEWAY_SECONDS", &leeway.to_string())]);
    let last_good = NOW - leeway + 1;
    assert_eq!(check(&verifier, &at_now("exp", last_good)), Ok(()));
    let expired = check(&verifier, &at_now("exp", last_good - 1));
    assert_eq!(expired, Err(TokenError::Expired { seconds: leeway }));

    assert_eq!(check(&verifier, &at_now("nbf", NOW + leeway)), Ok(()));
    let early = check(&verifier, &at_now("nbf", NOW + leeway + 1));
    assert_eq!(early, Err(TokenError::NotYetValid { seconds: leeway + 1 }));

    assert_eq!(check(&verifier, &at_now("iat", NOW + leeway)), Ok(()));
    let future = check(&verifier, &at_now("iat", NOW + leeway + 1));
    assert_eq!(future, Err(TokenError::IssuedInFuture { seconds: leeway + 1 }));
}

#[test]
fn the_default_leeway_is_30_seconds() {
    assert_eq!(check(&verifier(), &at_now("exp", NOW - 29)), Ok(()));
    assert!(check(&verifier(), &at_now("exp", NOW - 30)).is_err());
}

#[rstest]
#[case(json!(0))]
#[case(json!(3600))]
#[case(json!(-1))]
#[case(json!(i64::MIN))]
#[case(json!(-1e300))]
#[case(json!(0.5))]
fn a_token_with_exp_in_the_past_is_expired(#[case] exp: Value) {
    assert!(matches!(check(&verifier(), &at_now("exp", exp)), Err(TokenError::Expired { .. })));
}

#[rstest]
#[case(json!(NOW + 1))]
#[case(json!(1_800_000_900.75))]
#[case(json!(i64::MAX))]
#[case(json!(u64::MAX))]
#[case(json!(1e300))]
fn a_token_with_exp_in_the_future_is_accepted(#[case] exp: Value) {
    assert_eq!(check(&verifier(), &at_now("exp", exp)), Ok(()));
}

#[rstest]
fn exp_nbf_and_iat_are_numbers(#[values("exp", "nbf", "iat")] name: &str) {
    for value in [json!("1900000000"), json!(null), json!(true), json!([NOW]), json!({}), json!("")]
    {
        let refusal = check(&verifier(), &at_now(name, value.clone()));
        assert_eq!(refusal, Err(TokenError::ClaimType(name.into())), "{value}");
    }
}

#[test]
fn exp_is_required_and_the_others_are_not() {
    let bare = at_now("exp", NOW + 900).without_claim("iat");
    assert_eq!(check(&verifier(), &bare), Ok(()));
    let refusal = check(&verifier(), &bare.without_claim("exp"));
    assert_eq!(refusal, Err(TokenError::MissingClaim("exp".into())));
}

#[rstest]
#[case("nbf", json!(i64::MAX))]
#[case("nbf", json!(1e300))]
#[case("iat", json!(u64::MAX))]
fn a_token_that_starts_in_the_far_future_is_refused(#[case] name: &str, #[case] value: Value) {
    assert!(check(&verifier(), &at_now(name, value)).is_err());
}

#[test]
fn the_clock_of_the_server_decides() {
    let now = crate::support::tokens::now();
    assert!(
        user_of(&verifier(), &TokenBuilder::valid("alice").claim("exp", now + 5).build()).is_ok()
    );
    assert!(
        user_of(&verifier(), &TokenBuilder::valid("alice").claim("exp", now - 60).build()).is_err()
    );
}

#[test]
fn an_expiry_beyond_the_calendar_is_accepted() {
    let app = TestApp::spawn(Backend::Sqlite);
    for exp in [json!(i64::MAX), json!(1e300), json!(253_402_300_800_i64)] {
        let token = TokenBuilder::valid("alice").claim("exp", exp).build();
        assert_eq!(app.with_token(&token).get("/api/me").expect(200).json()["user_id"], "alice");
    }
}

#[test]
fn me_shows_when_the_token_expires() {
    let app = TestApp::spawn(Backend::Sqlite);
    let token = TokenBuilder::valid("alice").claim("exp", 4_000_000_000_i64).build();
    let me = app.with_token(&token).get("/api/me").expect(200).json();
    assert_eq!(me["expires_at"], "2096-10-02T07:06:40Z");
    assert_eq!(
        (&me["issuer"], &me["claims"]["exp"]),
        (&json!("https://app.example"), &json!(4_000_000_000_i64))
    );
    assert_eq!(me.as_object().map(|members| members.len()), Some(4));
}

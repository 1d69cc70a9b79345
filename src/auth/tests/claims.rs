//! Every rule about claims at its boundaries, for tokens with a valid signature.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fixtures::{NOW, ORIGIN, SECRET, SIGNERS, VERIFIER, claims, verify, with};
use crate::Secret;
use crate::auth::{
    Accepted, AuthSettings, ClaimPath, KeySource, KeySources, Revocations, SessionRule, TokenError,
    TokenVerifier, UserId,
};

fn verifier(issuer: Accepted, audience: Accepted, path: &str) -> TokenVerifier {
    TokenVerifier::new(AuthSettings {
        keys: KeySources::new(vec![KeySource::shared_secrets([&Secret::new(SECRET)])]),
        issuer,
        audience,
        user_id_claim: ClaimPath::parse(path).unwrap(),
        session: SessionRule::Ignored,
        revocations: Arc::new(Revocations::new(86_400)),
        leeway_seconds: 30,
    })
}

/// Verifies a valid token with these claims changed; `null` removes a claim.
fn with_change(verifier: &TokenVerifier, change: Value) -> Result<String, TokenError> {
    let token = SIGNERS[0].token(&with(claims("user"), change));
    verify(verifier, &token).map(|user| user.user_id().as_str().to_owned())
}

fn verify_with(change: Value) -> Result<String, TokenError> {
    with_change(&VERIFIER, change)
}

fn missing(name: &str) -> Result<String, TokenError> {
    Err(TokenError::MissingClaim(name.to_owned()))
}

fn wrong_type(name: &str) -> Result<String, TokenError> {
    Err(TokenError::ClaimType(name.to_owned()))
}

fn user() -> Result<String, TokenError> {
    Ok("user".to_owned())
}

#[test]
fn each_required_claim_is_reported_when_missing() {
    for name in ["exp", "iss", "aud", "sub"] {
        assert_eq!(verify_with(json!({ name: null })), missing(name));
    }
}

#[test]
fn a_claim_of_the_wrong_type_is_an_error_of_its_own() {
    for value in [json!("1"), json!([1]), json!({}), json!(true)] {
        for name in ["exp", "nbf", "iat"] {
            assert_eq!(verify_with(json!({ name: value })), wrong_type(name), "{name} {value}");
        }
    }
    for value in [json!(1), json!([ORIGIN]), json!({}), json!(true)] {
        assert_eq!(verify_with(json!({ "iss": value })), wrong_type("iss"), "{value}");
    }
    for value in [json!(1), json!({}), json!([1]), json!([ORIGIN, 1]), json!([[ORIGIN]])] {
        assert_eq!(verify_with(json!({ "aud": value })), wrong_type("aud"), "{value}");
    }
    for value in [json!(1), json!(["user"]), json!({}), json!(true)] {
        assert_eq!(verify_with(json!({ "sub": value })), wrong_type("sub"), "{value}");
    }
    for value in [json!(1), json!(["tasks:read"]), json!({}), json!(true)] {
        assert_eq!(verify_with(json!({ "scope": value })), wrong_type("scope"), "{value}");
    }
    for name in ["exp", "nbf", "iat", "iss", "aud", "sub", "scope"] {
        let mut payload = claims("user");
        payload[name] = Value::Null;
        let refused = verify(&VERIFIER, &SIGNERS[0].token(&payload)).unwrap_err();
        assert_eq!(refused, TokenError::ClaimType(name.to_owned()));
    }
}

#[test]
fn a_token_expires_exactly_at_the_end_of_the_leeway() {
    assert_eq!(verify_with(json!({"exp": NOW - 29})), user());
    for ago in [30, 31, 3_600] {
        let expired = Err(TokenError::Expired { seconds: ago });
        assert_eq!(verify_with(json!({"exp": NOW - ago})), expired);
    }
    // `expirationTime: 3600` in Better Auth's settings means 1970.
    assert_eq!(verify_with(json!({"exp": 3600})), Err(TokenError::Expired { seconds: NOW - 3600 }));
    assert_eq!(verify_with(json!({"exp": i64::MAX})), user());
    assert_eq!(verify_with(json!({"exp": u64::MAX})), user());
    assert_eq!(verify_with(json!({"exp": 1e300})), user());
    for past in [json!(i64::MIN), json!(-1e300), json!(-1), json!(0)] {
        let refused = verify_with(json!({ "exp": past }));
        assert!(matches!(refused, Err(TokenError::Expired { .. })), "{refused:?}");
    }
}

#[test]
fn fractions_of_seconds_are_rounded_down() {
    assert_eq!(verify_with(json!({"exp": 1_799_999_971.9})), user());
    let expired = Err(TokenError::Expired { seconds: 30 });
    assert_eq!(verify_with(json!({"exp": 1_799_999_970.9})), expired);
    assert_eq!(verify_with(json!({"nbf": 1_800_000_030.9})), user());
}

#[test]
fn a_start_in_the_future_is_refused_beyond_the_leeway() {
    for name in ["nbf", "iat"] {
        for offset in [-3_600, 0, 30] {
            assert_eq!(verify_with(json!({ name: NOW + offset })), user(), "{name} {offset}");
        }
    }
    for seconds in [31, 3_600] {
        let later = NOW + seconds;
        assert_eq!(verify_with(json!({ "nbf": later })), Err(TokenError::NotYetValid { seconds }));
        assert_eq!(
            verify_with(json!({ "iat": later })),
            Err(TokenError::IssuedInFuture { seconds })
        );
    }
}

#[test]
fn the_issuer_and_the_audience_are_compared_whole() {
    for other in ["", "https://app.example.evil", "https://app.exampl", "https://APP.example"] {
        let issuer = Err(TokenError::Issuer(other.to_owned()));
        assert_eq!(verify_with(json!({ "iss": other })), issuer);
        let audience = Err(TokenError::Audience(vec![other.to_owned()]));
        assert_eq!(verify_with(json!({ "aud": other })), audience);
    }
    assert_eq!(verify_with(json!({"iss": "https://app.example/"})), user());
    assert_eq!(verify_with(json!({"aud": "https://app.example/"})), user());
}

#[test]
fn one_accepted_audience_of_several_is_enough() {
    assert_eq!(verify_with(json!({"aud": ["https://other.example", ORIGIN]})), user());
    assert_eq!(verify_with(json!({"aud": []})), Err(TokenError::Audience(Vec::new())));
    let two = Accepted::one_of(["https://second.example", ORIGIN]);
    let verifier = verifier(two.clone(), two, "sub");
    for accepted in [ORIGIN, "https://second.example"] {
        assert_eq!(with_change(&verifier, json!({"iss": accepted, "aud": accepted})), user());
    }
}

#[test]
fn a_check_that_is_off_allows_a_missing_claim_but_no_wrong_type() {
    let verifier = verifier(Accepted::Any, Accepted::Any, "sub");
    for change in [
        json!({"iss": null, "aud": null}),
        json!({"iss": "anything", "aud": "anything"}),
        json!({"aud": []}),
        json!({"aud": ["anything"]}),
    ] {
        assert_eq!(with_change(&verifier, change.clone()), user(), "{change}");
    }
    assert_eq!(with_change(&verifier, json!({"iss": 1})), wrong_type("iss"));
    assert_eq!(with_change(&verifier, json!({"aud": [1]})), wrong_type("aud"));
    let token = SIGNERS[0].token(&with(claims("user"), json!({"iss": null})));
    assert_eq!(verify(&verifier, &token).unwrap().claims().issuer(), None);
    let token = SIGNERS[0].token(&claims("user"));
    assert_eq!(verify(&verifier, &token).unwrap().claims().issuer(), Some(ORIGIN));
}

#[test]
fn the_user_id_comes_from_the_configured_claim_only() {
    let accepted = || Accepted::one_of([ORIGIN]);
    let nested = verifier(accepted(), accepted(), "user.id");
    let found = with_change(&nested, json!({"user": {"id": "nested"}, "sub": null}));
    assert_eq!(found, Ok("nested".to_owned()));
    assert_eq!(with_change(&nested, json!({})), missing("user.id"));
    assert_eq!(with_change(&nested, json!({"user": {}})), missing("user.id"));
    assert_eq!(with_change(&nested, json!({"user.id": "flat"})), missing("user.id"));
    assert_eq!(with_change(&nested, json!({"user": "nested"})), wrong_type("user.id"));
    assert_eq!(with_change(&nested, json!({"user": [{"id": "x"}]})), wrong_type("user.id"));
    assert_eq!(with_change(&nested, json!({"user": {"id": 1}})), wrong_type("user.id"));
    let confusable = json!({"sub": null, "id": "x", "userId": "x", "user": {"id": "x"}});
    assert_eq!(verify_with(confusable), missing("sub"));
}

#[test]
fn a_user_id_has_1_to_255_bytes_and_no_control_characters() {
    for text in ["a", "0", " ", "ü", "a/b", "%2F", "..", "'; --", &"a".repeat(255)] {
        assert_eq!(UserId::parse(text).unwrap().as_str(), text);
        assert_eq!(verify_with(json!({ "sub": text })), Ok(text.to_owned()));
    }
    for text in ["", "a\n", "\0", "a\u{7f}", "\u{85}", &"a".repeat(256), &"ü".repeat(128)] {
        assert_eq!(UserId::parse(text), None, "{text:?}");
        assert_eq!(verify_with(json!({ "sub": text })), Err(TokenError::UserId), "{text:?}");
    }
}

#[test]
fn tokens_of_better_auth_for_other_purposes_are_refused() {
    let expires = NOW + 300;
    let session = json!({
        "session": {"token": "t", "userId": "user"}, "user": {"id": "user"},
        "updatedAt": NOW, "version": "1", "iat": NOW, "exp": expires,
    });
    let verification = json!({"email": "user@app.example", "userId": "user", "exp": expires});
    for payload in [session, verification] {
        let refused = verify(&VERIFIER, &SIGNERS[0].token(&payload)).unwrap_err();
        assert_eq!(refused, TokenError::MissingClaim("iss".to_owned()));
    }
}

#[test]
fn the_signature_is_checked_before_the_claims() {
    let mut token = SIGNERS[0].token(&json!({"exp": 1}));
    assert!(matches!(verify(&VERIFIER, &token), Err(TokenError::Expired { .. })));
    token.truncate(token.rfind('.').unwrap() + 1);
    assert_eq!(verify(&VERIFIER, &token).unwrap_err(), TokenError::Signature);
}

#[test]
fn the_clock_of_the_system_decides_when_no_time_is_given() {
    let token = |exp: i64| SIGNERS[0].token(&with(claims("user"), json!({ "exp": exp })));
    let check =
        |token: &str| VERIFIER.verify(crate::auth::BearerToken::parse(token).unwrap()).map(|_| ());
    assert_eq!(check(&token(i64::MAX)), Ok(()));
    assert!(matches!(check(&token(1_000_000_000)), Err(TokenError::Expired { .. })));
}

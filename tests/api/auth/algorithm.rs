//! The algorithm belongs to the key: whatever a header says, a secret is only used with HS256.

use jsonwebtoken::Algorithm;
use rstest::rstest;
use serde_json::{Value, json};
use taskbridge::auth::TokenError;

use super::{user_of, verifier};
use crate::support::TokenBuilder;

#[rstest]
fn any_other_alg_is_refused_even_if_the_mac_is_right(
    #[values(
        "none", "None", "NONE", "nOnE", "HS384", "HS512", "RS256", "RS512", "PS256", "ES256",
        "ES384", "EdDSA", "Ed25519", "hs256", "Hs256", "HS256 ", " HS256", "HS256\0", "HS-256",
        "HMAC", "dir", "A256GCM", ""
    )]
    name: &str,
) {
    let token = TokenBuilder::valid("alice").header("alg", name).build();
    assert_eq!(user_of(&verifier(), &token), Err(TokenError::Algorithm(name.into()).into()));
}

#[rstest]
fn an_unsigned_token_is_refused(#[values("none", "None", "NONE", "HS256", "")] name: &str) {
    let input = TokenBuilder::valid("alice").header("alg", name).signing_input();
    for token in [format!("{input}."), input.clone(), format!("{input}.e30"), format!("{input}.AA")]
    {
        assert!(user_of(&verifier(), &token).is_err(), "{token}");
    }
}

#[rstest]
#[case("HS384", Algorithm::HS384)]
#[case("HS512", Algorithm::HS512)]
fn another_hmac_is_refused_under_its_own_name_and_as_hs256(
    #[case] name: &str,
    #[case] algorithm: Algorithm,
) {
    let honest = TokenBuilder::valid("alice").header("alg", name).signed_with(algorithm).build();
    assert_eq!(user_of(&verifier(), &honest), Err(TokenError::Algorithm(name.into()).into()));
    let disguised = TokenBuilder::valid("alice").signed_with(algorithm).build();
    assert_eq!(user_of(&verifier(), &disguised), Err(TokenError::Signature.into()));
}

#[rstest]
#[case(json!(null))]
#[case(json!(256))]
#[case(json!(["HS256"]))]
#[case(json!({"name": "HS256"}))]
#[case(json!(true))]
fn alg_is_a_string(#[case] value: Value) {
    let token = TokenBuilder::valid("alice").header("alg", value).build();
    assert_eq!(user_of(&verifier(), &token), Err(TokenError::HeaderParameter("alg").into()));
}

#[test]
fn alg_is_required_exactly_once() {
    let missing = TokenBuilder::valid("alice").without_header("alg").build();
    assert_eq!(user_of(&verifier(), &missing), Err(TokenError::HeaderParameter("alg").into()));
    for header in [
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","\u0061lg":"HS256"}"#,
    ] {
        let token = TokenBuilder::valid("alice").raw_header(header).build();
        assert_eq!(
            user_of(&verifier(), &token),
            Err(TokenError::NotJsonObject("header").into()),
            "{header}"
        );
    }
    let upper = TokenBuilder::valid("alice").raw_header(r#"{"ALG":"HS256"}"#).build();
    assert_eq!(user_of(&verifier(), &upper), Err(TokenError::HeaderParameter("alg").into()));
}

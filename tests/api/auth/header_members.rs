//! The other members of a token's header. A token with a member that would change its processing is refused; a
//! member that names a key is ignored.

use rstest::rstest;
use serde_json::{Value, json};
use taskbridge::auth::TokenError;

use super::{user_of, verifier};
use crate::support::TokenBuilder;

#[rstest]
#[case("crit", json!(["exp"]))]
#[case("crit", json!([]))]
#[case("crit", json!(null))]
#[case("b64", json!(false))]
#[case("b64", json!(true))]
#[case("zip", json!("DEF"))]
#[case("cty", json!("JWT"))]
#[case("cty", json!(""))]
#[case("typ", json!(null))]
#[case("typ", json!(["JWT"]))]
#[case("kid", json!(7))]
#[case("kid", json!({"$ne": ""}))]
fn a_token_with_a_member_that_changes_its_processing_is_refused(
    #[case] name: &'static str,
    #[case] value: Value,
) {
    let token = TokenBuilder::valid("alice").header(name, value).build();
    assert_eq!(user_of(&verifier(), &token), Err(TokenError::HeaderParameter(name).into()));
}

#[rstest]
fn typ_is_absent_or_that_of_an_access_token(
    #[values("JWT", "jwt", "Jwt", "at+jwt", "AT+JWT")] typ: &str,
) {
    let token = TokenBuilder::valid("alice").header("typ", typ).build();
    assert_eq!(user_of(&verifier(), &token), Ok("alice".into()));
    let token = TokenBuilder::valid("alice").without_header("typ").build();
    assert_eq!(user_of(&verifier(), &token), Ok("alice".into()));
}

#[rstest]
fn any_other_typ_is_refused(
    #[values(
        "",
        "JWE",
        "JOSE",
        "JWT ",
        "application/jwt",
        "application/at+jwt",
        "id+jwt",
        "rt+jwt",
        "dpop+jwt",
        "logout+jwt",
        "better-auth.session-cache+jwt"
    )]
    typ: &str,
) {
    let token = TokenBuilder::valid("alice").header("typ", typ).build();
    assert_eq!(user_of(&verifier(), &token), Err(TokenError::Type(typ.into()).into()));
}

/// The secret of a forger, whose header names the key in every possible way.
const FORGED_SECRET: &str = "the-forgers-own-key-0123456789abcdef";

#[rstest]
#[case("jwk", json!({"kty": "oct", "k": "dGhlLWZvcmdlcnMtb3duLWtleS0wMTIzNDU2Nzg5YWJjZGVm"}))]
#[case("jku", json!("https://evil.example/jwks.json"))]
#[case("x5u", json!("https://evil.example/cert.pem"))]
#[case("x5c", json!(["MIIB"]))]
#[case("x5t", json!("AAAA"))]
#[case("kid", json!("../../../../dev/null"))]
#[case("kid", json!("' OR 1=1 --"))]
#[case("unknown", json!({"any": ["thing"]}))]
fn a_key_named_by_the_token_is_ignored(#[case] name: &str, #[case] value: Value) {
    let genuine = TokenBuilder::valid("alice").header(name, value);
    assert_eq!(user_of(&verifier(), &genuine.build()), Ok("alice".into()));
    let forged = genuine.secret(FORGED_SECRET).build();
    assert_eq!(user_of(&verifier(), &forged), Err(TokenError::Signature.into()));
}

#[rstest]
#[case("")]
#[case("null")]
#[case("[]")]
#[case("\"HS256\"")]
#[case("{")]
#[case(r#"{"alg":"HS256"}{}"#)]
#[case(r#"{"alg":"HS256"} x"#)]
#[case("\u{feff}{\"alg\":\"HS256\"}")]
#[case(r#"{"alg":"HS256",}"#)]
#[case(r#"{"alg":"HS256","x":"\ud800"}"#)]
fn the_header_is_exactly_one_json_object(#[case] text: &str) {
    let token = TokenBuilder::valid("alice").raw_header(text).build();
    assert_eq!(user_of(&verifier(), &token), Err(TokenError::NotJsonObject("header").into()));
}

#[test]
fn a_header_that_is_not_utf8_or_too_deep_is_refused() {
    let not_utf8 = [b"{\"alg\":\"HS256\",\"x\":\"", &b"\xff"[..], b"\"}"].concat();
    let deep = format!(r#"{{"alg":"HS256","x":{}{}}}"#, "[".repeat(2000), "]".repeat(2000));
    for raw in [not_utf8, deep.into_bytes()] {
        let token = TokenBuilder::valid("alice").raw_header(raw).build();
        assert_eq!(user_of(&verifier(), &token), Err(TokenError::NotJsonObject("header").into()));
    }
}

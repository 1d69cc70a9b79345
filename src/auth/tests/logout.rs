//! Logout tokens: every rule of OpenID Connect Back-Channel Logout 1.0, section 2.6, and that neither kind of token
//! is ever taken for the other.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fixtures::{NOW, ORIGIN, SECRET, SIGNERS, Signer, claims, with};
use crate::Secret;
use crate::auth::{
    Accepted, AuthSettings, BearerToken, ClaimPath, KeySource, KeySources, LogoutError,
    Revocations, Revoked, SessionId, SessionRule, TokenError, TokenVerifier, UserId,
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn verifier(session: SessionRule) -> TokenVerifier {
    TokenVerifier::new(AuthSettings {
        keys: KeySources::new(vec![KeySource::shared_secrets([&Secret::new(SECRET)])]),
        issuer: Accepted::one_of([ORIGIN]),
        audience: Accepted::one_of([ORIGIN]),
        user_id_claim: ClaimPath::subject(),
        session,
        revocations: Arc::new(Revocations::new(86_400)),
        leeway_seconds: 30,
    })
}

fn with_sessions() -> TokenVerifier {
    verifier(SessionRule::Optional(ClaimPath::parse("sid").unwrap()))
}

fn payload() -> Value {
    json!({
        "iss": ORIGIN, "aud": ORIGIN, "iat": NOW, "exp": NOW + 120, "jti": "a", "sid": "s",
        "events": {EVENT: {}},
    })
}

fn signed(typ: Value, payload: &Value) -> String {
    let header = with(json!({"alg": "HS256"}), json!({"typ": typ}));
    SIGNERS[0].token_of(header.to_string(), payload.to_string())
}

fn verify(change: Value) -> Result<Revoked, LogoutError> {
    with_sessions().verify_logout_at(&signed(json!("logout+jwt"), &with(payload(), change)), NOW)
}

fn session(id: &str) -> Result<Revoked, LogoutError> {
    Ok(Revoked::Session(SessionId::parse(id).unwrap()))
}

fn refused(error: TokenError) -> Result<Revoked, LogoutError> {
    Err(LogoutError::Token(error))
}

#[test]
fn it_names_a_session_or_a_user() {
    let tokens = Ok(Revoked::Tokens(UserId::parse("u").unwrap(), NOW));
    assert_eq!(verify(json!({})), session("s"));
    assert_eq!(verify(json!({"sub": "u"})), session("s"), "the session counts first");
    assert_eq!(verify(json!({"sid": null, "sub": "u", "iat": NOW})), tokens);
    assert_eq!(verify(json!({"sid": null})), Err(LogoutError::NobodyNamed));
    for id in [json!(""), json!("a\u{0}"), json!("x".repeat(256))] {
        assert_eq!(verify(json!({"sid": id})), refused(TokenError::SessionId));
        assert_eq!(verify(json!({"sub": id})), refused(TokenError::UserId));
    }
    for name in ["sid", "sub", "jti"] {
        assert_eq!(verify(json!({name: 1})), refused(TokenError::ClaimType(name.into())));
    }
    let unread = verifier(SessionRule::Ignored);
    let without_user = signed(json!("logout+jwt"), &payload());
    assert_eq!(unread.verify_logout_at(&without_user, NOW), Err(LogoutError::NobodyNamed));
    let change = json!({"sub": "u", "iat": NOW});
    assert_eq!(
        unread.verify_logout_at(&signed(json!("logout+jwt"), &with(payload(), change)), NOW),
        tokens,
        "a session that no token is read for cannot end one"
    );
}

#[test]
fn its_times_are_those_of_a_message() {
    let at = |iat: i64, exp: i64| verify(json!({"iat": iat, "exp": exp}));
    assert_eq!(at(NOW, NOW + 120), session("s"));
    assert_eq!(at(NOW - 100, NOW + 20), session("s"));
    assert_eq!(at(NOW, NOW + 121), Err(LogoutError::Lifetime));
    assert_eq!(at(NOW - 1, NOW + 120), Err(LogoutError::Lifetime));
    assert_eq!(at(i64::MIN, NOW + 120), Err(LogoutError::Lifetime));
    assert!(matches!(
        at(NOW - 200, NOW - 100),
        Err(LogoutError::Token(TokenError::Expired { .. }))
    ));
    let ahead = at(NOW + 100, NOW + 120);
    assert!(matches!(ahead, Err(LogoutError::Token(TokenError::IssuedInFuture { .. }))));
    for name in ["iat", "exp", "iss", "aud", "jti"] {
        assert_eq!(verify(json!({name: null})), refused(TokenError::MissingClaim(name.into())));
    }
    assert_eq!(verify(json!({"jti": ""})), refused(TokenError::MissingClaim("jti".into())));
}

#[test]
fn it_comes_from_the_front_end_for_this_service() {
    let other = "https://evil.example";
    assert_eq!(verify(json!({"iss": other})), refused(TokenError::Issuer(other.into())));
    let audience = verify(json!({"aud": [other]}));
    assert_eq!(audience, refused(TokenError::Audience(vec![other.into()])));
    assert_eq!(verify(json!({"aud": [other, ORIGIN]})), session("s"));
    let verifier = with_sessions();
    let token = signed(json!("logout+jwt"), &payload());
    let (input, _) = token.rsplit_once('.').unwrap();
    for signature in ["", "AAAA", &"A".repeat(43)] {
        let forged = format!("{input}.{signature}");
        assert_eq!(verifier.verify_logout_at(&forged, NOW), refused(TokenError::Signature));
    }
    let stranger = Signer::new("EdDSA");
    let header = json!({"alg": "EdDSA", "kid": "EdDSA", "typ": "logout+jwt"});
    let foreign = stranger.token_of(header.to_string(), payload().to_string());
    assert_eq!(
        verifier.verify_logout_at(&foreign, NOW),
        refused(TokenError::Algorithm("EdDSA".into()))
    );
}

#[test]
fn it_says_what_it_is() {
    for events in
        [json!(null), json!([]), json!(EVENT), json!({}), json!({"x": {}}), json!({EVENT: 1})]
    {
        assert_eq!(verify(json!({"events": events})), Err(LogoutError::Event), "{events}");
    }
    assert_eq!(verify(json!({"events": {EVENT: {"x": 1}, "y": {}}})), session("s"));
    for nonce in [json!("n"), json!(1), json!("")] {
        assert_eq!(verify(json!({"nonce": nonce})), Err(LogoutError::Nonce));
    }
}

#[test]
fn neither_kind_of_token_is_taken_for_the_other() {
    let verifier = with_sessions();
    let everything = with(payload(), json!({"sub": "u"}));
    for typ in [json!(null), json!("JWT"), json!("at+jwt"), json!("logout"), json!("")] {
        let token = signed(typ.clone(), &everything);
        let expected = typ.as_str().unwrap_or_default().to_owned();
        assert_eq!(
            verifier.verify_logout_at(&token, NOW),
            refused(TokenError::Type(expected)),
            "{typ}"
        );
    }
    for typ in ["logout+jwt", "LOGOUT+JWT"] {
        let token = signed(json!(typ), &everything);
        assert_eq!(verifier.verify_logout_at(&token, NOW), session("s"));
        let refusal = verifier.verify_at(BearerToken::parse(&token).unwrap(), NOW).err();
        assert_eq!(refusal, Some(TokenError::Type(typ.into())));
    }
    let access = SIGNERS[0].token(&with(claims("u"), json!({"sid": "s"})));
    assert!(verifier.verify_logout_at(&access, NOW).is_err());
}

//! What a token names as its session, and that a revoked token is refused, cached or not.

use std::sync::Arc;

use actix_web::rt::Runtime;
use futures_util::FutureExt;
use serde_json::{Value, json};

use super::fixtures::{NOW, ORIGIN, SECRET, SIGNERS, claims, verify, with};
use crate::Secret;
use crate::auth::{
    Accepted, AuthSettings, ClaimPath, KeySource, KeySources, Revocation, Revocations, Revoked,
    SessionId, SessionRule, TokenError, TokenVerifier, UserId,
};

fn sid() -> ClaimPath {
    ClaimPath::parse("sid").unwrap()
}

fn with_rule(session: SessionRule) -> (TokenVerifier, Arc<Revocations>) {
    let revocations = Arc::new(Revocations::new(3_600));
    let verifier = TokenVerifier::new(AuthSettings {
        keys: KeySources::new(vec![KeySource::shared_secrets([&Secret::new(SECRET)])]),
        issuer: Accepted::one_of([ORIGIN]),
        audience: Accepted::one_of([ORIGIN]),
        user_id_claim: ClaimPath::subject(),
        session,
        revocations: Arc::clone(&revocations),
        leeway_seconds: 30,
    });
    (verifier, revocations)
}

fn verifier() -> (TokenVerifier, Arc<Revocations>) {
    with_rule(SessionRule::Optional(sid()))
}

fn token(user: &str, change: Value) -> String {
    SIGNERS[0].token(&with(claims(user), change))
}

fn ended(session: &str) -> Revoked {
    Revoked::Session(SessionId::parse(session).unwrap())
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn add(revocations: &Revocations, revoked: Revoked) {
    revocations.add([revocations.revocation(revoked, NOW)]);
}

fn outcome(verifier: &TokenVerifier, token: &str) -> Option<TokenError> {
    verify(verifier, token).err()
}

#[test]
fn the_rule_says_which_claim_names_the_session_and_whether_it_must() {
    let nested = ClaimPath::parse("session.id").unwrap();
    for (rule, change, expected) in [
        (SessionRule::Ignored, json!({"sid": "s"}), Ok(None)),
        (SessionRule::Ignored, json!({"sid": 1}), Ok(None)),
        (SessionRule::Optional(sid()), json!({}), Ok(None)),
        (SessionRule::Optional(sid()), json!({"sid": "s"}), Ok(Some("s"))),
        (SessionRule::Required(sid()), json!({"sid": "s"}), Ok(Some("s"))),
        (SessionRule::Required(sid()), json!({}), Err(TokenError::NoSession("sid".into()))),
        (SessionRule::Optional(nested.clone()), json!({"session": {"id": "s"}}), Ok(Some("s"))),
        (SessionRule::Optional(nested.clone()), json!({"session": {}}), Ok(None)),
        (SessionRule::Optional(nested), json!({"session": 1}), Err(TokenError::SessionId)),
        (SessionRule::Optional(sid()), json!({"sid": 1}), Err(TokenError::SessionId)),
        (SessionRule::Optional(sid()), json!({"sid": ""}), Err(TokenError::SessionId)),
        (SessionRule::Optional(sid()), json!({"sid": "a\n"}), Err(TokenError::SessionId)),
        (SessionRule::Optional(sid()), json!({"sid": "x".repeat(256)}), Err(TokenError::SessionId)),
    ] {
        let (verifier, _) = with_rule(rule.clone());
        let found = verify(&verifier, &token("u", change.clone()));
        let found = found.map(|u| u.claims().session_id().map(|id| id.as_str().to_owned()));
        assert_eq!(found, expected.map(|id| id.map(str::to_owned)), "{rule:?} {change}");
    }
}

#[test]
fn a_token_of_an_ended_session_is_refused_although_it_is_cached() {
    let (verifier, revocations) = verifier();
    let (mine, other) = (token("u", json!({"sid": "s"})), token("u", json!({"sid": "t"})));
    let none = token("u", json!({}));
    for token in [&mine, &other, &none] {
        assert_eq!(outcome(&verifier, token), None);
    }
    assert_eq!(verifier.cached(), 3);
    add(&revocations, ended("s"));
    assert_eq!(outcome(&verifier, &mine), Some(TokenError::SessionRevoked));
    let later = token("u", json!({"sid": "s", "iat": NOW + 20}));
    assert_eq!(outcome(&verifier, &later), Some(TokenError::SessionRevoked), "minted afterwards");
    assert_eq!((outcome(&verifier, &other), outcome(&verifier, &none)), (None, None));
}

#[test]
fn the_end_of_all_tokens_of_a_user_spares_later_ones_and_other_users() {
    let (verifier, revocations) = verifier();
    add(&revocations, Revoked::Tokens(user("u"), NOW - 10));
    for (change, expected) in [
        (json!({"iat": NOW - 11}), Some(TokenError::SessionRevoked)),
        (json!({"iat": NOW - 10, "sid": "s"}), Some(TokenError::SessionRevoked)),
        (json!({"iat": null}), Some(TokenError::SessionRevoked)),
        (json!({"iat": NOW - 9}), None),
    ] {
        assert_eq!(outcome(&verifier, &token("u", change.clone())), expected, "{change}");
        assert_eq!(outcome(&verifier, &token("v", change)), None);
    }
    add(&revocations, Revoked::Tokens(user("u"), NOW - 20));
    let between = token("u", json!({"iat": NOW - 15}));
    assert_eq!(outcome(&verifier, &between), Some(TokenError::SessionRevoked), "the later counts");
}

#[test]
fn an_erased_account_has_no_valid_token() {
    let (verifier, revocations) = verifier();
    add(&revocations, Revoked::Account(user("u")));
    for change in [json!({}), json!({"iat": NOW + 20}), json!({"sid": "s"})] {
        let refusal = outcome(&verifier, &token("u", change.clone()));
        assert_eq!(refusal, Some(TokenError::AccountErased), "{change}");
        assert_eq!(outcome(&verifier, &token("v", change)), None);
    }
}

#[test]
fn what_is_refused_already_is_known() {
    let (_, revocations) = verifier();
    let tokens = |until| Revoked::Tokens(user("u"), until);
    for revoked in [ended("s"), tokens(5), Revoked::Account(user("u"))] {
        assert!(!revocations.covers(&revoked), "{revoked:?}");
        add(&revocations, revoked.clone());
        assert!(revocations.covers(&revoked), "{revoked:?}");
    }
    let (_, revocations) = verifier();
    add(&revocations, tokens(5));
    assert_eq!([4, 5, 6].map(|until| revocations.covers(&tokens(until))), [true, true, false]);
    assert!(!revocations.covers(&ended("u")));
}

#[test]
fn a_revocation_is_forgotten_at_its_end_and_not_before() {
    let (verifier, revocations) = verifier();
    let mine = token("u", json!({"sid": "s", "exp": NOW + 10_000}));
    let revocation = Revocation { revoked: ended("s"), expires_at: NOW + 3_600 };
    revocations.add([revocation.clone()]);
    revocations.add([Revocation { expires_at: NOW, ..revocation.clone() }]);
    assert_eq!(revocations.revocation(ended("s"), NOW), revocation);
    revocations.forget_expired(NOW + 3_599);
    assert_eq!(outcome(&verifier, &mine), Some(TokenError::SessionRevoked));
    revocations.forget_expired(NOW + 3_600);
    assert_eq!((outcome(&verifier, &mine), revocations.count()), (None, 0));
}

#[test]
fn a_stream_is_told_of_its_own_session_alone() {
    let (verifier, revocations) = verifier();
    let mine = verify(&verifier, &token("u", json!({"sid": "s"}))).unwrap();
    Runtime::new().unwrap().block_on(async {
        let told = revocations.revoked(&mine);
        tokio::pin!(told);
        for (revoked, is_mine) in [(ended("t"), false), (ended("s"), true)] {
            add(&revocations, revoked);
            assert_eq!(told.as_mut().now_or_never().is_some(), is_mine);
        }
        revocations.revoked(&mine).await;
    });
}

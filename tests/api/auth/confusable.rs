//! Better Auth signs other tokens with the same secret. None of them is an access token.

use rstest::rstest;
use serde_json::{Value, json};

use super::{user_of, verifier, verifier_with};
use crate::support::tokens::now;
use crate::support::{Backend, TestApp, TokenBuilder};

/// The cookie of `session.cookieCache.strategy: "jwt"`.
fn session_cookie() -> Value {
    let user = json!({"id": "alice", "email": "alice@example.org", "emailVerified": true, "name": "Alice"});
    let session = json!({"id": "s1", "token": "session-token", "userId": "alice", "expiresAt": "2099-01-01T00:00:00.000Z"});
    json!({"session": session, "user": user, "updatedAt": now() * 1000, "version": "1", "iat": now(), "exp": now() + 300})
}

/// The token of an e-mail verification link, with the claims of newer versions.
fn email_verification() -> Value {
    json!({"email": "alice@example.org", "userId": "alice", "iat": now(), "exp": now() + 3600})
}

/// The token of a link that changes the e-mail address.
fn email_change() -> Value {
    json!({"email": "alice@example.org", "updateTo": "m@example.org", "requestType": "change-email-verification",
           "iat": now(), "exp": now() + 3600})
}

#[rstest]
#[case::session_cookie(session_cookie())]
#[case::email_verification(email_verification())]
#[case::email_change(email_change())]
fn a_token_for_another_purpose_is_refused_with_any_typ_and_any_settings(#[case] payload: Value) {
    let app = TestApp::spawn(Backend::Sqlite);
    for token in [
        TokenBuilder::valid("x").claims(payload.clone()),
        TokenBuilder::valid("x").claims(payload.clone()).without_header("typ"),
        TokenBuilder::valid("x").claims(payload).header("typ", "better-auth.session-cache+jwt"),
    ] {
        let token = token.build();
        assert!(user_of(&verifier(), &token).is_err());
        // Even if both checks are off: there is no `sub`, and no other claim replaces it.
        let lax = verifier_with(&[("JWT_ISSUER", "any"), ("JWT_AUDIENCE", "any")]);
        assert!(user_of(&lax, &token).is_err());
        for path in ["/api/me", "/api/alice/tasks"] {
            let answer = app.with_token(&token).get(path).expect(401);
            assert_eq!(answer.code(), "invalid_token");
        }
    }
}

#[rstest]
fn they_are_refused_even_if_the_user_id_claim_matches(
    #[values("user.id", "session.userId", "userId", "email")] claim: &str,
) {
    let verifier = verifier_with(&[("JWT_USER_ID_CLAIM", claim)]);
    for payload in [session_cookie(), email_verification(), email_change()] {
        assert!(user_of(&verifier, &TokenBuilder::valid("x").claims(payload).build()).is_err());
    }
}

#[test]
fn a_session_cookie_with_the_claims_of_an_access_token_is_refused_by_typ() {
    let token = TokenBuilder::valid("alice").header("typ", "better-auth.session-cache+jwt").build();
    assert!(user_of(&verifier(), &token).is_err());
}

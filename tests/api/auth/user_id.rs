//! The claim with the user id. There is no fallback to another claim.

use rstest::rstest;
use serde_json::{Value, json};
use taskbridge::auth::TokenError;

use super::{user_of, verifier, verifier_with};
use crate::support::client::{new_task, tasks_of};
use crate::support::{Backend, TestApp, TokenBuilder};

#[rstest]
#[case("a")]
#[case("m5nXa8Zq0123456789abcdefghijklmn")]
#[case("550e8400-e29b-41d4-a716-446655440000")]
#[case(" a b ")]
#[case("ä/ö?#%")]
#[case("\u{a0}\u{200b}")]
fn any_text_without_control_characters_is_a_user_id(#[case] user: &str) {
    assert_eq!(user_of(&verifier(), &TokenBuilder::valid(user).build()), Ok(user.into()));
}

#[test]
fn a_user_id_has_1_to_255_bytes_and_no_control_character() {
    for good in ["x".repeat(255), "é".repeat(127)] {
        assert_eq!(user_of(&verifier(), &TokenBuilder::valid(&good).build()), Ok(good));
    }
    for bad in [
        "",
        &"x".repeat(256),
        &"é".repeat(128),
        "a\0",
        "\0",
        "a\nb",
        "\r",
        "\t",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{85}",
    ] {
        let refusal = user_of(&verifier(), &TokenBuilder::valid(bad).build());
        assert_eq!(refusal, Err(TokenError::UserId.into()), "{bad:?}");
    }
}

#[rstest]
#[case(json!(null))]
#[case(json!(1))]
#[case(json!(0))]
#[case(json!(true))]
#[case(json!(["alice"]))]
#[case(json!({"id": "alice"}))]
fn a_user_id_is_a_string(#[case] value: Value) {
    let token = TokenBuilder::valid("alice").claim("sub", value).build();
    assert_eq!(user_of(&verifier(), &token), Err(TokenError::ClaimType("sub".into()).into()));
}

#[test]
fn no_other_claim_replaces_a_missing_one() {
    let others = [
        "id",
        "userId",
        "user_id",
        "uid",
        "email",
        "SUB",
        "Sub",
        "name",
        "username",
        "client_id",
        "azp",
        "jti",
    ];
    let mut token = TokenBuilder::valid("alice").without_claim("sub");
    for name in others {
        token = token.claim(name, "alice");
    }
    let token = token.claim("user", json!({"id": "alice", "sub": "alice"}));
    assert_eq!(
        user_of(&verifier(), &token.build()),
        Err(TokenError::MissingClaim("sub".into()).into())
    );
    for broken in [json!(""), json!(null), json!(7)] {
        assert!(user_of(&verifier(), &token.clone().claim("sub", broken).build()).is_err());
    }
}

#[rstest]
#[case("id")]
#[case("userId")]
#[case("email")]
fn another_claim_can_be_configured_and_then_sub_is_ignored(#[case] name: &str) {
    let verifier = verifier_with(&[("JWT_USER_ID_CLAIM", name)]);
    let token = TokenBuilder::valid("mallory").claim(name, "alice");
    assert_eq!(user_of(&verifier, &token.build()), Ok("alice".into()));
    assert_eq!(user_of(&verifier, &token.clone().without_claim("sub").build()), Ok("alice".into()));
    let missing = user_of(&verifier, &token.clone().without_claim(name).build());
    assert_eq!(missing, Err(TokenError::MissingClaim(name.into()).into()));
    assert_eq!(user_of(&verifier, &token.claim(name, "").build()), Err(TokenError::UserId.into()));
}

#[test]
fn a_dotted_path_reads_nested_objects_only() {
    let verifier = verifier_with(&[("JWT_USER_ID_CLAIM", "user.id")]);
    let with = |user: Value| {
        user_of(&verifier, &TokenBuilder::valid("mallory").claim("user", user).build())
    };
    let missing = Err(TokenError::MissingClaim("user.id".into()).into());
    let wrong_type = Err(TokenError::ClaimType("user.id".into()).into());
    assert_eq!(with(json!({"id": "alice"})), Ok("alice".into()));
    assert_eq!(with(json!({})), missing);
    assert_eq!(with(json!({"ID": "alice"})), missing);
    assert_eq!(with(json!({"id": null})), wrong_type);
    assert_eq!(with(json!({"id": {"id": "alice"}})), wrong_type);
    assert_eq!(with(json!(null)), wrong_type);
    assert_eq!(with(json!("alice")), wrong_type);
    assert_eq!(with(json!([{"id": "alice"}])), wrong_type);
    let literal = TokenBuilder::valid("mallory").claim("user.id", "alice").build();
    assert_eq!(user_of(&verifier, &literal), missing);
}

#[rstest]
fn the_tasks_belong_to_the_user_of_the_configured_claim(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::spawn_with(backend, &[("JWT_USER_ID_CLAIM", "user.id")]);
    let token = TokenBuilder::valid("mallory").claim("user", json!({"id": "alice"})).build();
    let client = app.with_token(&token);
    let task = new_task(&client, "alice", "Mine");
    assert_eq!(client.get(&task).json()["user_id"], "alice");
    assert_eq!(client.get(&tasks_of("mallory")).status, 403);
    assert_eq!(app.as_user("alice").get(&task).status, 401);
}

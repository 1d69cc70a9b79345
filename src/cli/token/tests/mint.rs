//! What is minted is accepted, and by the endpoint that it is for alone.

use serde_json::json;

use super::{ORIGIN, config, inspected, wanted, with};
use crate::cli::token::inspect::{Report, for_its_door};
use crate::cli::token::mint::{Wanted, for_mcp, mint};
use crate::config::{Config, Source};

#[test]
fn a_minted_token_is_accepted_by_the_configuration_that_minted_it() {
    for pairs in [
        &[][..],
        &[("JWT_USER_ID_CLAIM", "user.profile.id")],
        &[("JWT_ISSUER", "any"), ("JWT_AUDIENCE", "a,b")],
        &[("REQUIRE_SESSION", "on")],
        &[
            ("JWT_USER_ID_CLAIM", "user.id"),
            ("JWT_SESSION_CLAIM", "user.sid"),
            ("REQUIRE_SESSION", "on"),
        ],
        &[(
            "BETTER_AUTH_SECRETS",
            "2:the-new-one-of-the-tests-0123456789,1:the-old-one-of-the-tests-0123456789",
        )],
    ] {
        let config = config(pairs);
        let token = mint(&config, &wanted("ann/é")).unwrap();
        let report = inspected(&config, &token);
        assert_eq!(report.user_id.as_deref(), Some("ann/é"), "{pairs:?}: {:?}", report.diagnosis);
    }
}

#[test]
fn no_token_is_minted_in_production_without_a_secret_or_for_an_empty_user() {
    let refusal =
        |config: &Config, user: &str| mint(config, &wanted(user)).unwrap_err().to_string();
    assert!(refusal(&config(&[("APP_ENV", "production")]), "ann").contains("production"));
    assert!(refusal(&config(&[]), "").contains("--user"));
    let jwks_only = Source::from_pairs([("JWKS_URL", "http://localhost:1/jwks")]);
    let jwks_only = Config::from_source(&jwks_only).unwrap();
    assert!(refusal(&jwks_only, "ann").contains("no shared secret"));
}

#[test]
fn a_minted_token_is_for_what_was_asked() {
    let config = config(&[]);
    for scope in ["tasks:read", "tasks:read tasks:write"] {
        let wanted = Wanted { scope: Some(scope), ..wanted("ann") };
        let report = inspected(&config, &mint(&config, &wanted).unwrap());
        let row = report.checks.iter().find(|row| row.name == "scope").unwrap();
        assert!(report.valid && row.value.contains(scope), "{row:?}");
    }
    for scope in ["", "tasks", "tasks:read,tasks:write", "tasks:read openid"] {
        let wanted = Wanted { scope: Some(scope), ..wanted("ann") };
        let refusal = mint(&config, &wanted).unwrap_err().to_string();
        assert!(refusal.contains("--scope"), "{scope}: {refusal}");
    }
}

#[test]
fn a_token_is_inspected_by_the_rules_of_the_endpoint_that_it_is_for() {
    let config = || config(&[("MCP", "on")]);
    let judged = |token: &str| inspected(&for_its_door(config(), token), token);
    let door = |report: &Report| (report.valid, report.accepted_by);
    let for_assistants = mint(&for_mcp(config()).unwrap(), &wanted("ann")).unwrap();
    assert_eq!(door(&judged(&for_assistants)), (true, Some("/mcp")));
    assert_eq!(door(&judged(&mint(&config(), &wanted("ann")).unwrap())), (true, Some("the API")));
    // Without the endpoint it is a token for somebody else.
    assert_eq!(door(&inspected(&super::config(&[]), &for_assistants)), (false, None));

    let mcp = "http://localhost:8000/mcp";
    for audience in [json!(mcp), json!([mcp, ORIGIN])] {
        let foreign = with(json!({"aud": audience, "iss": "https://other.example"}));
        let diagnosis = judged(&foreign).diagnosis.unwrap();
        assert!(diagnosis.error.contains("issuer"), "{diagnosis:?}");
    }
    let refusal = for_mcp(super::config(&[])).unwrap_err().to_string();
    assert!(refusal.contains("set MCP=on"), "{refusal}");
}

//! Properties of any input: no panic, and no user without a valid token.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};
use taskbridge::auth::BearerToken;

use super::{user_of, verifier};
use crate::support::TokenBuilder;

fn few_hundred() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{0,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(few_hundred())]

    #[test]
    fn no_bytes_as_the_field_yield_a_user(bytes in prop::collection::vec(any::<u8>(), 0..300), scheme in any::<bool>()) {
        let value = if scheme { [b"Bearer ", bytes.as_slice()].concat() } else { bytes };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value);
            if let Ok(token) = BearerToken::from_headers(&headers) {
                prop_assert!(verifier().verify(token).is_err());
            }
        }
    }

    #[test]
    fn no_text_as_a_token_yields_a_user(token in "[A-Za-z0-9_~+/.=-]{0,200}") {
        prop_assert!(user_of(&verifier(), &token).is_err());
    }

    #[test]
    fn no_bytes_as_a_header_yield_a_user(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(user_of(&verifier(), &TokenBuilder::valid("alice").raw_header(bytes).build()).is_err());
    }

    #[test]
    fn no_bytes_as_a_signed_payload_yield_a_user(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(user_of(&verifier(), &TokenBuilder::valid("alice").raw_payload(bytes).build()).is_err());
    }

    #[test]
    fn no_json_as_a_signed_payload_yields_a_user(payload in any_json()) {
        let token = TokenBuilder::valid("alice").raw_payload(payload.to_string()).build();
        prop_assert!(user_of(&verifier(), &token).is_err());
    }

    #[test]
    fn any_value_of_one_header_member_yields_alice_or_no_user(
        name in prop::sample::select(vec!["alg", "typ", "kid", "crit", "jwk", "jku", "b64", "zip", "cty"]),
        value in any_json(),
    ) {
        let user = user_of(&verifier(), &TokenBuilder::valid("alice").header(name, value).build());
        prop_assert!(user.is_err() || user == Ok("alice".into()));
    }

    #[test]
    fn any_value_of_one_claim_yields_the_named_user_or_none(
        name in prop::sample::select(vec!["exp", "nbf", "iat", "iss", "aud", "sub"]),
        value in any_json(),
    ) {
        let user = user_of(&verifier(), &TokenBuilder::valid("alice").claim(name, value.clone()).build());
        let expected = if name == "sub" { value } else { json!("alice") };
        prop_assert!(user.is_err() || user.map(Value::from) == Ok(expected));
    }

    #[test]
    fn every_valid_user_id_is_returned_unchanged(user in "\\PC{1,60}") {
        let seen = user_of(&verifier(), &TokenBuilder::valid(&user).build());
        prop_assert_eq!(seen, Ok(user));
    }
}

//! Whatever bytes arrive: no panic, and nobody is let in who was not signed in.

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
    fn any_bytes_as_the_field_let_nobody_in(bytes in prop::collection::vec(any::<u8>(), 0..300), scheme in any::<bool>()) {
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
    fn any_text_as_a_token_lets_nobody_in(token in "[A-Za-z0-9_~+/.=-]{0,200}") {
        prop_assert!(user_of(&verifier(), &token).is_err());
    }

    #[test]
    fn any_bytes_as_a_header_let_nobody_in(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(user_of(&verifier(), &TokenBuilder::valid("alice").raw_header(bytes).build()).is_err());
    }

    #[test]
    fn any_bytes_as_a_well_signed_payload_let_nobody_in(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(user_of(&verifier(), &TokenBuilder::valid("alice").raw_payload(bytes).build()).is_err());
    }

    #[test]
    fn any_json_as_a_well_signed_payload_lets_nobody_in(payload in any_json()) {
        let token = TokenBuilder::valid("alice").raw_payload(payload.to_string()).build();
        prop_assert!(user_of(&verifier(), &token).is_err());
    }

    #[test]
    fn any_value_of_one_header_member_gives_alice_or_nobody(
        name in prop::sample::select(vec!["alg", "typ", "kid", "crit", "jwk", "jku", "b64", "zip", "cty"]),
        value in any_json(),
    ) {
        let user = user_of(&verifier(), &TokenBuilder::valid("alice").header(name, value).build());
        prop_assert!(user.is_err() || user == Ok("alice".into()));
    }

    #[test]
    fn any_value_of_one_claim_gives_its_own_user_or_nobody(
        name in prop::sample::select(vec!["exp", "nbf", "iat", "iss", "aud", "sub"]),
        value in any_json(),
    ) {
        let user = user_of(&verifier(), &TokenBuilder::valid("alice").claim(name, value.clone()).build());
        let expected = if name == "sub" { value } else { json!("alice") };
        prop_assert!(user.is_err() || user.map(Value::from) == Ok(expected));
    }

    #[test]
    fn every_user_id_that_keeps_the_rules_comes_out_as_it_went_in(user in "\\PC{1,60}") {
        let seen = user_of(&verifier(), &TokenBuilder::valid(&user).build());
        prop_assert_eq!(seen, Ok(user));
    }
}

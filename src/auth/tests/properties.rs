//! Properties of all tokens, headers and key sets: a genuine token yields its own user and claims, and nothing
//! else yields a user or a panic.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use super::fixtures::{NOW, ORIGIN, SIGNERS, VERIFIER, base64url, claims, document, verify, with};
use crate::auth::jws::CompactJws;
use crate::auth::{AuthenticatedUser, BearerToken, KeySet};

/// The user of a request with these bytes as its `Authorization` field; `None` if it is refused.
fn send(field: &[u8]) -> Option<AuthenticatedUser> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_bytes(field).ok()?);
    VERIFIER.verify_at(BearerToken::from_headers(&headers).ok()?, NOW).ok()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        select(vec![ORIGIN, "sub", "exp", "HS256", "EdDSA", "JWT", "user"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((".{0,6}", inner), 0..4).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// Objects with the given names as members, each with any value or none.
fn any_object(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    vec((select(names), any_json()), 0..8).prop_map(|members| {
        let named = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(named.collect())
    })
}

/// Text that parses far enough to be interesting: random sequences of the parts of tokens.
fn any_token() -> impl Strategy<Value = String> {
    let genuine: Vec<String> = SIGNERS
        .iter()
        .flat_map(|signer| {
            let token = signer.token(&claims("user"));
            token.split('.').map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let piece = prop_oneof![
        select(genuine),
        any_json().prop_map(|value| base64url(value.to_string())),
        vec(any::<u8>(), 0..40).prop_map(base64url),
        "[A-Za-z0-9_=~+/-]{0,20}",
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.join("."))
}

fn is_genuine(token: &str) -> bool {
    // By chance the parts may be those of one genuine token, in their order.
    SIGNERS.iter().any(|signer| {
        let genuine = signer.token(&claims("user"));
        let input = |token: &str| token.rsplit_once('.').map(|(input, _)| input.to_owned());
        input(&genuine) == input(token)
    })
}

proptest! {
    #[test]
    fn a_genuine_token_yields_the_claims_it_was_signed_with(
        signer in 0..SIGNERS.len(),
        user in "[^\\p{Cc}]{1,40}",
        // Floats are left out: their last digit may change on the way through JSON.
        extra in vec((".{0,12}", any::<i64>()), 0..4),
        lifetime in 1..100_000_i64,
    ) {
        let exp = NOW + lifetime;
        let claims = with(claims(&user), json!({"exp": exp, "https://extra": extra}));
        let verified = verify(&VERIFIER, &SIGNERS[signer].token(&claims)).unwrap();
        prop_assert_eq!(verified.user_id().as_str(), &user);
        prop_assert_eq!(verified.claims().expires_at(), exp);
        prop_assert_eq!(Some(&verified.claims().members()), claims.as_object());
    }

    #[test]
    fn no_bytes_in_the_header_yield_a_user(field in vec(any::<u8>(), 0..300)) {
        prop_assert!(send(&field).is_none());
        prop_assert!(send(&[b"Bearer ", &field[..]].concat()).is_none());
    }

    #[test]
    fn no_text_in_the_header_yields_a_user(field in "(?i:bearer)[ \\t]{0,3}[!-~]{0,200}") {
        prop_assert!(send(field.as_bytes()).is_none());
    }

    #[test]
    fn no_sequence_of_parts_yields_a_user(token in any_token()) {
        prop_assume!(!is_genuine(&token));
        let field = format!("Bearer {token}");
        prop_assert!(send(field.as_bytes()).is_none());
        // The parser must not panic even where the grammar of the field would refuse the text.
        let _ = CompactJws::parse(&token).map(|jws| jws.payload());
    }

    #[test]
    fn no_header_bytes_yield_a_user(
        signer in 0..SIGNERS.len(),
        header in vec(any::<u8>(), 0..100),
    ) {
        let token = SIGNERS[signer].token_of(header, claims("user").to_string());
        prop_assert!(verify(&VERIFIER, &token).is_err());
    }

    #[test]
    fn a_header_yields_a_user_only_with_the_algorithm_and_name_of_its_key(
        signer in 0..SIGNERS.len(),
        changes in any_object(&["alg", "kid", "typ", "crit", "b64", "cty", "zip", "jwk", "jku", "x5c"]),
    ) {
        let signer = &SIGNERS[signer];
        let mut header = signer.header();
        header.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let token = signer.token_of(header.to_string(), claims("user").to_string());
        if verify(&VERIFIER, &token).is_ok() {
            prop_assert_eq!(&header["alg"], signer.algorithm);
            prop_assert!(signer.algorithm == "HS256" || header["kid"] == signer.algorithm);
            for name in ["crit", "b64", "cty", "zip"] {
                prop_assert!(header.get(name).is_none());
            }
            prop_assert!(header.get("typ").is_none_or(|typ| typ == "JWT"));
        }
    }

    #[test]
    fn no_payload_bytes_yield_a_user(
        signer in 0..SIGNERS.len(),
        payload in vec(any::<u8>(), 0..200),
    ) {
        let header = SIGNERS[signer].header().to_string();
        let token = SIGNERS[signer].token_of(header, payload);
        prop_assert!(verify(&VERIFIER, &token).is_err());
    }

    #[test]
    fn a_payload_yields_a_user_only_with_all_required_claims(
        changes in any_object(&["sub", "iss", "aud", "exp", "nbf", "iat", "user", "userId", "email"]),
        is_bare in any::<bool>(),
    ) {
        let mut payload = if is_bare { json!({}) } else { claims("user") };
        payload.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        if let Ok(user) = verify(&VERIFIER, &SIGNERS[0].token(&payload)) {
            prop_assert_eq!(&payload["sub"], user.user_id().as_str());
            prop_assert!(!user.user_id().as_str().is_empty());
            prop_assert_eq!(&payload["iss"], ORIGIN);
            let audience = &payload["aud"];
            let is_listed =
                audience.as_array().is_some_and(|list| list.iter().any(|entry| entry == ORIGIN));
            prop_assert!(audience == ORIGIN || is_listed);
            prop_assert!(payload["exp"].as_f64().unwrap() > 1_799_999_000.0);
        }
    }

    #[test]
    fn no_bytes_as_a_key_set_cause_a_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = KeySet::parse(&bytes);
        let _ = KeySet::parse(&[b"{\"keys\":[", &bytes[..], b"]}"].concat());
    }

    #[test]
    fn a_damaged_key_set_never_verifies_an_unsigned_token(
        place in any::<Index>(),
        byte in any::<u8>(),
        members in any_object(&["kty", "crv", "alg", "use", "key_ops", "kid", "x", "y", "n", "e"]),
    ) {
        let unsigned = unsigned_tokens();
        let mut entries: Vec<Value> = SIGNERS.iter().map(|signer| signer.jwk()).collect();
        for entry in &mut entries {
            entry.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        }
        entries.push(members);
        let mut bytes = document(&entries);
        let place = place.index(bytes.len());
        for damaged in [false, true] {
            if damaged {
                bytes[place] = byte;
            }
            let Ok(set) = KeySet::parse(&bytes) else { continue };
            prop_assert!(set.len() + set.ignored().len() <= 100);
            for token in &unsigned {
                prop_assert!(set.check_signature(&CompactJws::parse(token).unwrap()).is_err());
            }
        }
    }
}

/// Tokens with valid headers and claims, whose signatures consist of zeros.
fn unsigned_tokens() -> Vec<String> {
    let lengths = [("HS256", 32), ("EdDSA", 64), ("ES256", 64), ("RS256", 256), ("PS256", 256)];
    let tokens = lengths.iter().flat_map(|(algorithm, length)| {
        [json!({"alg": algorithm, "kid": algorithm}), json!({"alg": algorithm})].map(|header| {
            let payload = base64url(claims("user").to_string());
            let signature = base64url(vec![0; *length]);
            format!("{}.{payload}.{signature}", base64url(header.to_string()))
        })
    });
    tokens.collect()
}

//! Each kind of bad token has its own cause, and says what to do.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{ORIGIN, SECRET, config, inspected, other_algorithm, payload, sign, with, with_header};
use crate::base::clock::now_seconds;
use crate::cli::output::Verdict;
use crate::config::{Config, Source};

#[test]
fn every_kind_of_bad_token_gets_its_own_cause() {
    let now = now_seconds();
    let good = with(json!({}));
    let raw_key = STANDARD.decode(SECRET).unwrap();
    let decoded_key = signed_with_bytes(&raw_key);
    for (kind, token, failed, words) in [
        ("nothing", String::new(), "form", "there is no token"),
        ("Bearer copied too", format!("Bearer {good}"), "form", "the word Bearer"),
        ("quotes copied too", format!("\"{good}\""), "form", "quotes, spaces"),
        ("too large", with(json!({"user": "x".repeat(9000)})), "form", "too large"),
        ("session token", "abc.def".into(), "form", "session token"),
        ("part of a token", good.split('.').next().unwrap().into(), "form", "only a part"),
        ("encrypted", "e30.e30.e30.e30.e30".into(), "form", "encrypted"),
        ("cut off", good[..good.len() - 2].to_owned(), "form", "cut off"),
        (
            "session cache by typ",
            with_header(json!({"alg": "HS256", "typ": "better-auth.session-cache+jwt"})),
            "typ",
            "session-cache",
        ),
        (
            "session cache by shape",
            with(json!({"session": {}, "user": {}, "sub": null, "iss": null, "aud": null})),
            "iss",
            "session-cache",
        ),
        (
            "e-mail link",
            with(json!({"email": "a@b.c", "sub": null, "iss": null, "aud": null})),
            "iss",
            "verification link",
        ),
        (
            "other typ",
            with_header(json!({"alg": "HS256", "typ": "dpop+jwt"})),
            "typ",
            "other than calling an API",
        ),
        ("crit", with_header(json!({"alg": "HS256", "crit": ["exp"]})), "header", "crit"),
        ("EdDSA without JWKS", other_algorithm("EdDSA"), "alg", "only the shared secret"),
        ("unsigned", other_algorithm("none"), "alg", "not signed"),
        ("ES512", other_algorithm("ES512"), "alg", "does not verify ES512"),
        ("HS512", other_algorithm("HS512"), "alg", "HS512"),
        (
            "public default",
            sign("better-auth-secret-12345678901234567890", json!({"alg": "HS256"}), payload()),
            "signature",
            "public default",
        ),
        (
            "another secret",
            sign(&"z".repeat(32), json!({"alg": "HS256"}), payload()),
            "signature",
            "another secret",
        ),
        ("decoded secret", decoded_key, "signature", "decoded from base64"),
        (
            "secret with a line break",
            sign(&format!("{SECRET}\n"), json!({"alg": "HS256"}), payload()),
            "signature",
            "line break",
        ),
        (
            "quoted secret",
            sign(&format!("\"{SECRET}\""), json!({"alg": "HS256"}), payload()),
            "signature",
            "quotes",
        ),
        ("expirationTime as a number", with(json!({"exp": 3600})), "exp", "given as a number"),
        ("expired", with(json!({"iat": now - 1000, "exp": now - 100})), "exp", "too old by 100"),
        ("without exp", with(json!({"exp": null})), "exp", "leaves out exp"),
        ("exp as a string", with(json!({"exp": "soon"})), "exp", "JSON type"),
        ("nbf ahead", with(json!({"nbf": now + 500})), "nbf", "ahead"),
        ("iat ahead", with(json!({"iat": now + 500})), "iat", "ahead"),
        (
            "issuer with a path",
            with(json!({"iss": format!("{ORIGIN}/api/auth")})),
            "iss",
            "path after",
        ),
        (
            "issuer with two slashes",
            with(json!({"iss": format!("{ORIGIN}//")})),
            "iss",
            "trailing slash",
        ),
        ("https issuer", with(json!({"iss": "https://localhost:3000"})), "iss", "http and https"),
        (
            "127.0.0.1 as audience",
            with(json!({"aud": "http://127.0.0.1:3000"})),
            "aud",
            "different origins",
        ),
        ("another app", with(json!({"aud": ["https://other.example"]})), "aud", "another app"),
        ("without issuer", with(json!({"iss": null})), "iss", "leaves out iss"),
        ("without subject", with(json!({"sub": null})), "sub", "leaves out sub"),
        ("empty subject", with(json!({"sub": ""})), "sub", "empty"),
    ] {
        let report = inspected(&config(&[]), &token);
        let diagnosis = report.diagnosis.unwrap_or_else(|| panic!("{kind} was accepted"));
        let check = report.checks.iter().find(|row| row.result == Verdict::Failed);
        assert_eq!(check.map(|row| row.name.as_str()), Some(failed), "{kind}: {diagnosis:?}");
        assert!(diagnosis.cause.contains(words), "{kind}: {diagnosis:?}");
        assert!(!diagnosis.fix.is_empty() && !report.valid, "{kind}");
        let printed = format!("{:?}{diagnosis:?}", report.checks);
        assert!(!printed.contains(SECRET), "{kind} shows the secret");
        let signature = token.rsplit('.').next().filter(|part| part.len() > 20);
        assert!(signature.is_none_or(|part| !printed.contains(part)), "{kind} shows the signature");
    }
}

fn signed_with_bytes(key: &[u8]) -> String {
    use jsonwebtoken::{Algorithm, EncodingKey, crypto};
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(json!({"alg": "HS256"})), part(payload()));
    let key = EncodingKey::from_secret(key);
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// The remedy that is named for a session cookie does what it says, and none is named where none does.
#[test]
fn the_settings_that_accept_a_session_cache_are_named() {
    let now = now_seconds();
    let cached = json!({
        "session": {"token": "t"}, "user": {"id": "alice"}, "updatedAt": now, "version": "1", "iat": now, "exp": now + 300,
    });
    let token = sign(SECRET, json!({"alg": "HS256"}), cached.clone());
    let settings = ["JWT_USER_ID_CLAIM=user.id", "JWT_ISSUER=any", "JWT_AUDIENCE=any"];
    let fix = inspected(&config(&[]), &token).diagnosis.unwrap().fix;
    for setting in settings {
        assert!(fix.contains(setting), "{setting}: {fix}");
    }
    assert!(fix.starts_with("send the token of GET /api/auth/token"), "{fix}");
    let pairs = settings.map(|setting| setting.split_once('=').unwrap());
    let accepting = config(&pairs);
    assert_eq!(inspected(&accepting, &token).user_id.as_deref(), Some("alice"));

    let header = json!({"alg": "HS256", "typ": "better-auth.session-cache+jwt"});
    for (token, words) in [
        (sign(SECRET, header, cached), "whatever the settings are"),
        ("e30.e30.e30.e30.e30".into(), "not even JWT_USER_ID_CLAIM=user.id"),
    ] {
        let report = inspected(&accepting, &token);
        assert!(report.diagnosis.is_some_and(|it| it.fix.contains(words)), "{words}");
    }
}

#[test]
fn a_token_for_the_other_key_source_says_which_variable_is_missing() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let source = Source::from_pairs([("JWKS_URL", format!("http://127.0.0.1:{port}/jwks"))]);
    let config = Config::from_source(&source).unwrap();
    let of = |token: &str| inspected(&config, token).diagnosis.unwrap();
    assert!(of(&with(json!({}))).fix.contains("BETTER_AUTH_SECRET"));
    let unreachable = of(&other_algorithm("EdDSA"));
    assert!(unreachable.fix.contains("taskbridge doctor"), "{unreachable:?}");
}

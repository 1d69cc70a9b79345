//! The diagnosis of bad tokens as they occur in practice.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use diesel::connection::SimpleConnection;
use rstest::rstest;
use serde_json::{Value, json};

use super::inspect::{Report, for_its_door, inspect};
use super::mint::{Wanted, for_mcp, mint};
use crate::auth::sign_hs256;
use crate::base::clock::now_seconds;
use crate::base::secret::Secret;
use crate::cli::output::Verdict;
use crate::config::{Config, Source};
use crate::db::DbSettings;
use crate::db::testing::{Backend, TestDb};

const SECRET: &str = "kJ8vQ2xL5nR7tY0wE3uI6oP9aS1dF4gHkJ8vQ2xL5nQ=";
const ORIGIN: &str = "http://localhost:3000";

fn config(pairs: &[(&str, &str)]) -> Config {
    let base = [("BETTER_AUTH_SECRET", SECRET)];
    Config::from_source(&Source::from_pairs(base.into_iter().chain(pairs.iter().copied()))).unwrap()
}

fn wanted(user: &str) -> Wanted<'_> {
    Wanted { user, ttl: 60, scope: None, session: None }
}

fn inspected(config: &Config, token: &str) -> Report {
    actix_rt::System::new().block_on(inspect(config, token)).unwrap()
}

fn payload() -> Value {
    let now = now_seconds();
    json!({"sub": "alice", "iss": ORIGIN, "aud": ORIGIN, "iat": now, "exp": now + 900})
}

fn sign(secret: &str, header: Value, payload: Value) -> String {
    sign_hs256(&Secret::new(secret), &header, &payload).unwrap()
}

/// A valid token with these claims changed; `null` removes a claim.
fn with(changes: Value) -> String {
    let mut payload = payload();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            payload.as_object_mut().unwrap().remove(name);
        } else {
            payload[name] = value.clone();
        }
    }
    sign(SECRET, json!({"alg": "HS256"}), payload)
}

fn with_header(header: Value) -> String {
    sign(SECRET, header, payload())
}

fn other_algorithm(algorithm: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.AAAA", part(json!({"alg": algorithm, "kid": "k"})), part(payload()))
}

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
        let check =
            report.checks.iter().find(|row| row.result == crate::cli::output::Verdict::Failed);
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
fn a_token_for_the_other_key_source_says_which_variable_is_missing() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let source = Source::from_pairs([("JWKS_URL", format!("http://127.0.0.1:{port}/jwks"))]);
    let config = Config::from_source(&source).unwrap();
    let of = |token: &str| inspected(&config, token).diagnosis.unwrap();
    assert!(of(&with(json!({}))).fix.contains("BETTER_AUTH_SECRET"));
    let unreachable = of(&other_algorithm("EdDSA"));
    assert!(unreachable.fix.contains("taskbridge doctor"), "{unreachable:?}");
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
    assert_eq!(door(&inspected(&self::config(&[]), &for_assistants)), (false, None));

    let mcp = "http://localhost:8000/mcp";
    for audience in [json!(mcp), json!([mcp, ORIGIN])] {
        let foreign = with(json!({"aud": audience, "iss": "https://other.example"}));
        let diagnosis = judged(&foreign).diagnosis.unwrap();
        assert!(diagnosis.error.contains("issuer"), "{diagnosis:?}");
    }
    let refusal = for_mcp(self::config(&[])).unwrap_err().to_string();
    assert!(refusal.contains("set MCP=on"), "{refusal}");
}

fn row(report: &Report, name: &str) -> (Verdict, String) {
    let row = report.checks.iter().find(|row| row.name == name).unwrap();
    (row.result, row.value.clone())
}

#[test]
fn it_says_which_session_a_token_belongs_to_or_what_its_absence_means() {
    let in_session = |pairs: &[(&str, &str)], session| {
        let config = config(pairs);
        let wanted = Wanted { session, ..wanted("ann") };
        mint(&config, &wanted).map(|token| row(&inspected(&config, &token), "session"))
    };
    assert_eq!(in_session(&[], Some("s1")).unwrap(), (Verdict::Ok, "\"s1\"".to_owned()));
    let (verdict, value) = in_session(&[], None).unwrap();
    assert_eq!(verdict, Verdict::Ok);
    assert!(value.contains("no sid") && value.contains("also after a sign-out"), "{value}");
    let (_, value) = in_session(&[("JWT_SESSION_CLAIM", "off")], None).unwrap();
    assert!(value.contains("JWT_SESSION_CLAIM is off"), "{value}");
    for (pairs, session) in [(&[("JWT_SESSION_CLAIM", "off")][..], "s1"), (&[], "")] {
        assert!(in_session(pairs, Some(session)).unwrap_err().to_string().contains("--session"));
    }
    let required = config(&[("REQUIRE_SESSION", "on")]);
    let report = inspected(&required, &with(json!({})));
    assert_eq!(row(&report, "session").0, Verdict::Failed);
    assert!(report.diagnosis.unwrap().cause.contains("REQUIRE_SESSION is on"));
}

#[rstest]
fn a_token_of_an_ended_session_is_explained_by_what_the_database_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let config = Config { database: DbSettings::of(db.url.clone()), ..config(&[]) };
    let token = with(json!({"sid": "s1"}));
    assert!(inspected(&config, &token).valid);
    let ended = format!(
        "INSERT INTO revocations VALUES (1, 'session', 's1', 0, {})",
        (now_seconds() + 60) * 1_000_000
    );
    db.run(|c| c.batch_execute(&ended).unwrap());
    let report = inspected(&config, &token);
    assert_eq!(row(&report, "revocation").0, Verdict::Failed);
    assert!(report.diagnosis.unwrap().fix.contains("sign in again"));
    assert!(inspected(&config, &with(json!({"sid": "s2"}))).valid);
}

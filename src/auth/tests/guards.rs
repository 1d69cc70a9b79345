//! Both middlewares in an application of their own, without the rest of the server.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::rt::Runtime;
use actix_web::{App, HttpResponse, test as actix_test, web};
use serde_json::{Value, json};

use super::endpoint::{Endpoint, HOUR};
use super::fixtures::{ORIGIN, SIGNERS, Signer, claims, with};
use crate::auth::{
    Accepted, AuthSettings, AuthenticatedUser, ClaimPath, JwksTiming, KeySource, KeySources,
    OwnerId, RequireAuth, Revocations, SessionRule, TokenVerifier, owner_guard,
};
use crate::base::clock;

fn ed() -> &'static Signer {
    SIGNERS.iter().find(|signer| signer.algorithm == "EdDSA").unwrap()
}

/// A token that is valid by the system's clock.
fn token(user: &str) -> String {
    ed().token(&with(claims(user), json!({"exp": clock::now_seconds() + 900})))
}

fn verifier(keys: KeySources) -> Arc<TokenVerifier> {
    Arc::new(TokenVerifier::new(AuthSettings {
        keys,
        issuer: Accepted::one_of([ORIGIN]),
        audience: Accepted::one_of([ORIGIN]),
        user_id_claim: ClaimPath::subject(),
        session: SessionRule::Ignored,
        revocations: Arc::new(Revocations::new(86_400)),
        leeway_seconds: 0,
    }))
}

struct TestResponse {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl TestResponse {
    fn problem(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    fn challenge(&self) -> Option<&str> {
        self.headers.get("www-authenticate").and_then(|value| value.to_str().ok())
    }
}

async fn who(user: AuthenticatedUser, owner: Option<OwnerId>) -> HttpResponse {
    let owner = owner.map(|owner| owner.as_str().to_owned());
    HttpResponse::Ok().body(format!("{} {owner:?}", user.user_id().as_str()))
}

async fn owner(owner: OwnerId) -> HttpResponse {
    HttpResponse::Ok().body(owner.as_str().to_owned())
}

/// One request with these `Authorization` fields, to a server that knows one Ed25519 key.
fn ask(path: &str, authorization: &[&[u8]]) -> TestResponse {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let timing = JwksTiming { refresh: HOUR, cooldown: HOUR, max_stale: HOUR };
    let verifier = verifier(KeySources::new(vec![KeySource::jwks(endpoint.cache(timing))]));
    ask_with(&verifier, path, authorization)
}

fn ask_with(verifier: &Arc<TokenVerifier>, path: &str, authorization: &[&[u8]]) -> TestResponse {
    let path = path.to_owned();
    Runtime::new().unwrap().block_on(async move {
        let guarded =
            web::scope("/of/{user_id}").wrap(from_fn(owner_guard)).route("", web::get().to(owner));
        let unnamed =
            web::scope("/unnamed").wrap(from_fn(owner_guard)).route("", web::get().to(owner));
        let protected = web::scope("/in")
            .wrap(RequireAuth::new(Arc::clone(verifier)))
            .route("/who", web::get().to(who))
            .route("/owner", web::get().to(owner))
            .service(unnamed)
            .service(guarded);
        let forgotten = web::scope("/out").route("/who", web::get().to(who)).service(
            web::scope("/{user_id}").wrap(from_fn(owner_guard)).route("", web::get().to(owner)),
        );
        let app = actix_test::init_service(App::new().service(protected).service(forgotten)).await;
        let mut request = actix_test::TestRequest::get().uri(&path);
        for field in authorization {
            let value = HeaderValue::from_bytes(field).unwrap();
            request = request.append_header(("Authorization", value));
        }
        let response = actix_test::call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.unwrap_or_default();
        TestResponse { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    })
}

fn bearer(user: &str) -> Vec<u8> {
    format!("Bearer {}", token(user)).into_bytes()
}

#[test]
fn a_handler_gets_the_user_and_the_owner_of_a_valid_token() {
    let response = ask("/in/who", &[&bearer("ann")]);
    assert_eq!((response.status, response.body.as_str()), (200, "ann None"));
    let own = ask("/in/of/ann", &[&bearer("ann")]);
    assert_eq!((own.status, own.body.as_str()), (200, "ann"));
    let escaped = ask("/in/of/a%2Fb%25", &[&bearer("a/b%")]);
    assert_eq!((escaped.status, escaped.body.as_str()), (200, "a/b%"));
}

#[test]
fn a_request_without_a_valid_token_is_refused_with_a_challenge() {
    const CHALLENGE: &str = r#"Bearer realm="taskbridge""#;
    let missing = ask("/in/who", &[]);
    assert_eq!((missing.status, missing.challenge()), (401, Some(CHALLENGE)));
    assert_eq!(missing.problem()["code"], "missing_token");
    assert_eq!(missing.problem()["retry"], "login");

    let bad = ask("/in/who", &[b"Bearer a.b.c"]);
    assert_eq!((bad.status, &bad.problem()["retry"]), (401, &json!("login")));
    assert!(bad.challenge().unwrap().contains(r#"error="invalid_token""#));

    let old = ed().token(&with(claims("ann"), json!({"exp": clock::now_seconds()})));
    let old = ask("/in/who", &[format!("Bearer {old}").as_bytes()]);
    assert_eq!((old.status, &old.problem()["retry"]), (401, &json!("refresh")));
    assert_eq!(old.problem()["code"], "token_expired");

    let twice = ask("/in/who", &[&bearer("ann"), &bearer("ann")]);
    assert_eq!((twice.status, &twice.problem()["code"]), (400, &json!("invalid_request")));
    assert!(twice.challenge().unwrap().contains(r#"error="invalid_request""#));
}

#[test]
fn the_path_of_another_user_is_403_in_every_spelling() {
    for path in
        ["/in/of/bob", "/in/of/Ann", "/in/of/ann%20", "/in/of/an", "/in/of/ann%00", "/in/of/%FF"]
    {
        let response = ask(path, &[&bearer("ann")]);
        assert_eq!((response.status, response.challenge()), (403, None), "{path}");
        assert_eq!(response.problem()["code"], "forbidden");
        assert_eq!(response.problem()["retry"], "never");
    }
}

#[test]
fn a_handler_outside_its_middleware_never_runs() {
    for path in ["/out/who", "/out/ann", "/in/owner", "/in/unnamed"] {
        let response = ask(path, &[&bearer("ann")]);
        assert_eq!(
            (response.status, &response.problem()["code"]),
            (500, &json!("internal_error")),
            "{path}"
        );
    }
}

/// One fetch at the start, and further ones only for requests.
const ON_DEMAND: JwksTiming =
    JwksTiming { refresh: HOUR, cooldown: Duration::from_millis(1), max_stale: HOUR };

#[test]
fn a_token_is_503_while_no_key_is_loaded() {
    let endpoint = Endpoint::with(&[]);
    let verifier = verifier(KeySources::new(vec![KeySource::jwks(endpoint.cache(ON_DEMAND))]));
    let refused = ask_with(&verifier, "/in/who", &[&bearer("ann")]);
    assert_eq!((refused.status, &refused.problem()["code"]), (503, &json!("keys_unavailable")));
    assert!(refused.headers.contains_key("retry-after") && refused.challenge().is_none());
}

#[test]
fn a_token_with_a_new_key_is_accepted_after_the_fetch_it_causes() {
    let other = with(ed().jwk(), json!({"kid": "other"}));
    let endpoint = Endpoint::with(std::slice::from_ref(&other));
    let verifier = verifier(KeySources::new(vec![KeySource::jwks(endpoint.cache(ON_DEMAND))]));
    // Only a request causes the next fetch within the hour.
    endpoint.publish(&[other, ed().jwk()]);
    std::thread::sleep(Duration::from_millis(50));
    let response = ask_with(&verifier, "/in/who", &[&bearer("ann")]);
    assert_eq!((response.status, response.body.as_str(), endpoint.fetches()), (200, "ann None", 2));
}

#[test]
fn a_token_that_newer_keys_cannot_make_valid_causes_no_fetch() {
    let endpoint = Endpoint::with(&[ed().jwk()]);
    let verifier = verifier(KeySources::new(vec![KeySource::jwks(endpoint.cache(ON_DEMAND))]));
    std::thread::sleep(Duration::from_millis(50));
    let old = ed().token(&with(claims("ann"), json!({"exp": clock::now_seconds()})));
    let refused = ask_with(&verifier, "/in/who", &[format!("Bearer {old}").as_bytes()]);
    assert_eq!((refused.status, endpoint.fetches()), (401, 1));
}

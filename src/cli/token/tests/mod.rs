//! The command on tokens as they occur in practice.

mod diagnosis;
mod mint;
mod session;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::inspect::{Report, inspect};
use super::mint::Wanted;
use crate::auth::sign_hs256;
use crate::base::clock::now_seconds;
use crate::base::secret::Secret;
use crate::config::{Config, Source};

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

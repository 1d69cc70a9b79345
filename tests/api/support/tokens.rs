//! Tokens that start valid and then break in exactly one place. Header and payload are signed as
//! the bytes they are, so that everything around a good signature can be malformed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Map, Value, json};

/// The secret of the test servers.
pub const SECRET: &str = "an-api-test-secret-of-45-bytes-0123456789abcd";

/// Issuer, audience and the browser origin that may call.
pub const ORIGIN: &str = "https://app.example";

/// A token in the making.
#[derive(Clone)]
pub struct TokenBuilder {
    header: Map<String, Value>,
    payload: Map<String, Value>,
    raw_header: Option<Vec<u8>>,
    raw_payload: Option<Vec<u8>>,
    secret: Vec<u8>,
    algorithm: Algorithm,
}

impl TokenBuilder {
    /// What the web app issues for this user.
    pub fn valid(user: &str) -> Self {
        let now = now();
        let payload =
            json!({"sub": user, "iss": ORIGIN, "aud": ORIGIN, "iat": now, "exp": now + 900});
        Self {
            header: object(json!({"alg": "HS256", "typ": "JWT"})),
            payload: object(payload),
            raw_header: None,
            raw_payload: None,
            secret: SECRET.into(),
            algorithm: Algorithm::HS256,
        }
    }

    /// What the web app sends when a session has ended.
    pub fn logout(sid: &str) -> Self {
        let now = now();
        let payload = json!({
            "iss": ORIGIN, "aud": ORIGIN, "iat": now, "exp": now + 120, "jti": "1", "sid": sid,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        Self::valid("").header("typ", "logout+jwt").claims(payload)
    }

    /// Sets a header member.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Replaces the header's text.
    pub fn raw_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_header = Some(bytes.into());
        self
    }

    /// Sets a claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.payload.insert(name.to_owned(), value.into());
        self
    }

    pub fn without_claim(mut self, name: &str) -> Self {
        self.payload.remove(name);
        self
    }

    /// Replaces all claims.
    pub fn claims(mut self, payload: Value) -> Self {
        self.payload = object(payload);
        self
    }

    /// Replaces the payload's text.
    pub fn raw_payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw_payload = Some(bytes.into());
        self
    }

    pub fn secret(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.secret = bytes.into();
        self
    }

    /// Signs with another HMAC, whatever the header says.
    pub fn signed_with(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The text of the claims as they are now.
    pub fn payload_text(&self) -> String {
        Value::from(self.payload.clone()).to_string()
    }

    /// Header and payload, encoded and joined.
    pub fn signing_input(&self) -> String {
        let text = |members: &Map<String, Value>| Value::from(members.clone()).to_string();
        let header = self.raw_header.clone().unwrap_or_else(|| text(&self.header).into());
        let payload = self.raw_payload.clone().unwrap_or_else(|| text(&self.payload).into());
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    /// The signed token.
    pub fn build(&self) -> String {
        sign(&self.signing_input(), &self.secret, self.algorithm)
    }
}

/// Any text, with a good signature after it.
pub fn sign(signing_input: &str, secret: &[u8], algorithm: Algorithm) -> String {
    let key = EncodingKey::from_secret(secret);
    let signature = crypto::sign(signing_input.as_bytes(), &key, algorithm).unwrap();
    format!("{signing_input}.{signature}")
}

/// Seconds since the Unix epoch.
pub fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other} is not an object"),
    }
}

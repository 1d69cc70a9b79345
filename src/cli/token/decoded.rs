//! A token decoded without any check, to show what it claims. The verifier alone decides whether it is valid.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::auth::Check;

/// The members of the header and the payload. A part that cannot be decoded is empty.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) header: Map<String, Value>,
    pub(super) payload: Map<String, Value>,
}

impl Decoded {
    pub(super) fn read(token: &str) -> Self {
        let mut parts = token.split('.').map(members);
        let header = parts.next().flatten().unwrap_or_default();
        Self { header, payload: parts.next().flatten().unwrap_or_default() }
    }

    /// A claim that is a whole number.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        self.payload.get(name).and_then(Value::as_i64)
    }

    /// Whether it says that it is for this audience.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        match self.payload.get("aud") {
            Some(Value::Array(several)) => several.iter().any(|one| one == audience),
            one => one.is_some_and(|one| one == audience),
        }
    }

    /// The value that a check of one known member is about, for the report. Other members are never shown, because a payload may
    /// contain a session token.
    pub(super) fn value_for(&self, check: Check) -> String {
        match check {
            Check::Form | Check::Signature | Check::Payload => String::new(),
            Check::UserId | Check::Session | Check::Revocation => String::new(),
            Check::Header => self.header.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
            Check::Type | Check::Algorithm | Check::Key => shown(self.header.get(check.name())),
            Check::Expiry | Check::NotBefore | Check::IssuedAt => {
                let value = self.payload.get(check.name());
                let moment = self
                    .seconds(check.name())
                    .and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0))
                    .map(|moment| format!(" ({})", moment.format("%Y-%m-%dT%H:%M:%SZ")));
                shown(value) + &moment.unwrap_or_default()
            }
            Check::Issuer | Check::Audience | Check::Scope => shown(self.payload.get(check.name())),
        }
    }

    /// The value of the claim with this name, or at this dotted path; empty when there is none.
    pub(super) fn value_at(&self, path: &str) -> String {
        let mut names = path.split('.');
        let start = names.next().and_then(|name| self.payload.get(name));
        shown(start.and_then(|start| names.try_fold(start, |value, name| value.get(name))))
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map(shorten).unwrap_or_default()
}

fn members(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// A value as compact JSON, truncated to keep the report readable.
fn shorten(value: &Value) -> String {
    const MAX_CHARS: usize = 120;
    let text = value.to_string();
    if text.chars().count() <= MAX_CHARS {
        return text;
    }
    text.chars().take(MAX_CHARS).chain("…".chars()).collect()
}

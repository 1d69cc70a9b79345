//! The claims of a token whose signature is verified (RFC 7519, section 4.1). Every claim has one rule, and
//! every rule has an error of its own.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::error::TokenError;
use super::json::{Json, Members, parse_object};
use super::scope::Scopes;
use super::session::SessionId;
use super::settings::{Accepted, AuthSettings, ClaimPath};

/// The longest id of a user or a session, in bytes.
const MAX_ID_BYTES: usize = 255;

/// Whether a text may be the id of a user or a session.
pub(super) fn is_opaque_id(text: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A user's id: opaque text of 1 to 255 bytes without control characters, compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// `None` when `text` breaks one of the rules.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_opaque_id(text).then(|| Self(text.into()))
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The verified claims of a token.
#[derive(Debug)]
pub struct Claims {
    user_id: UserId,
    scopes: Scopes,
    session_id: Option<SessionId>,
    expires_at: i64,
    issued_at: Option<i64>,
    /// The later of `nbf` and `iat`, if the token has either.
    valid_from: Option<i64>,
    issuer: Option<Box<str>>,
    /// The payload as text. A parsed tree would take several times the memory for as long as the token is
    /// cached.
    payload: Box<str>,
}

impl Claims {
    /// Applies every rule to a payload. `now` is in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`TokenError::NotJsonObject`], or the first broken rule in the order time, issuer, audience, user id, scope,
    /// session.
    pub(super) fn check(
        payload: String,
        settings: &AuthSettings,
        now: i64,
    ) -> Result<Self, TokenError> {
        let members = parse_object(payload.as_bytes());
        let members = members.ok_or(TokenError::NotJsonObject("payload"))?;
        let leeway = i64::from(settings.leeway_seconds);
        let Times { expires_at, issued_at, valid_from } = check_times(&members, leeway, now)?;
        check_issuer(&members, &settings.issuer)?;
        check_audience(&members, &settings.audience)?;
        let user_id = find_user_id(&members, &settings.user_id_claim)?;
        let scopes = find_scopes(&members)?;
        let session_id = settings.session.find(&members)?;
        let issuer = members.get("iss").and_then(Json::as_str).map(Box::from);
        drop(members);
        let payload = payload.into_boxed_str();
        Ok(Self { user_id, scopes, session_id, expires_at, issued_at, valid_from, issuer, payload })
    }

    /// Whether the time rules hold at `now`. All other rules are independent of the clock.
    pub(super) fn are_current(&self, leeway_seconds: u32, now: i64) -> bool {
        let leeway = i64::from(leeway_seconds);
        now < self.expires_at.saturating_add(leeway)
            && self.valid_from.is_none_or(|start| start <= now.saturating_add(leeway))
    }

    /// The user whom the token was issued for.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// What the token may be used for.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        self.scopes
    }

    /// The session of the front end that the token was issued for, if it says so.
    #[must_use]
    pub fn session_id(&self) -> Option<&SessionId> {
        self.session_id.as_ref()
    }

    /// `iat`, in seconds since the Unix epoch.
    pub(super) fn issued_at(&self) -> Option<i64> {
        self.issued_at
    }

    /// `exp`, in seconds since the Unix epoch.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// `iss`. It is absent only if the issuer check is off and the token has none.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// All claims, parsed again on each call.
    #[must_use]
    pub fn members(&self) -> Map<String, Value> {
        serde_json::from_str(&self.payload).unwrap_or_default()
    }

    /// The length of the payload in bytes.
    pub(super) fn payload_bytes(&self) -> usize {
        self.payload.len()
    }
}

/// When a token counts, in seconds since the Unix epoch.
pub(super) struct Times {
    /// `exp`.
    pub(super) expires_at: i64,
    /// `iat`.
    pub(super) issued_at: Option<i64>,
    /// The later of `nbf` and `iat`.
    valid_from: Option<i64>,
}

/// `exp` is required, `nbf` and `iat` are optional.
pub(super) fn check_times(
    members: &Members<'_>,
    leeway: i64,
    now: i64,
) -> Result<Times, TokenError> {
    let expires_at = numeric_date(members, "exp")?.ok_or_else(|| missing("exp"))?;
    if now >= expires_at.saturating_add(leeway) {
        return Err(TokenError::Expired { seconds: now.saturating_sub(expires_at) });
    }
    let latest_start = now.saturating_add(leeway);
    let not_before = numeric_date(members, "nbf")?;
    if let Some(not_before) = not_before.filter(|nbf| *nbf > latest_start) {
        return Err(TokenError::NotYetValid { seconds: not_before.saturating_sub(now) });
    }
    let issued_at = numeric_date(members, "iat")?;
    if let Some(issued_at) = issued_at.filter(|iat| *iat > latest_start) {
        return Err(TokenError::IssuedInFuture { seconds: issued_at.saturating_sub(now) });
    }
    Ok(Times { expires_at, issued_at, valid_from: not_before.max(issued_at) })
}

/// A `NumericDate` may have a fraction (RFC 7519, section 2), which is rounded down.
fn numeric_date(members: &Members<'_>, name: &str) -> Result<Option<i64>, TokenError> {
    match members.get(name) {
        None => Ok(None),
        Some(Json::Number(number)) => Ok(Some(whole_seconds(number))),
        Some(_) => Err(wrong_type(name)),
    }
}

fn whole_seconds(number: &Number) -> i64 {
    #[expect(clippy::as_conversions, reason = "a float cast saturates, which is what is wanted")]
    let saturated = || number.as_f64().unwrap_or_default().floor() as i64;
    number.as_i64().unwrap_or_else(saturated)
}

pub(super) fn check_issuer(members: &Members<'_>, accepted: &Accepted) -> Result<(), TokenError> {
    match members.get("iss") {
        Some(Json::String(issuer)) if accepted.accepts(issuer) => Ok(()),
        Some(Json::String(issuer)) => Err(TokenError::Issuer(issuer.to_string())),
        Some(_) => Err(wrong_type("iss")),
        None if accepted.is_required() => Err(missing("iss")),
        None => Ok(()),
    }
}

/// `aud` is a string or an array of strings. One accepted entry is enough.
pub(super) fn check_audience(members: &Members<'_>, accepted: &Accepted) -> Result<(), TokenError> {
    let entries = match members.get("aud") {
        Some(entry @ Json::String(_)) => std::slice::from_ref(entry),
        Some(Json::Array(entries)) => entries.as_slice(),
        Some(_) => return Err(wrong_type("aud")),
        None if accepted.is_required() => return Err(missing("aud")),
        None => return Ok(()),
    };
    let audiences: Option<Vec<&str>> = entries.iter().map(Json::as_str).collect();
    let audiences = audiences.ok_or_else(|| wrong_type("aud"))?;
    let matches = !accepted.is_required() || audiences.iter().any(|entry| accepted.accepts(entry));
    if matches {
        Ok(())
    } else {
        Err(TokenError::Audience(audiences.into_iter().map(str::to_owned).collect()))
    }
}

/// Only the configured claim counts. With a fallback to another one, a token that was issued for another
/// purpose could name a user by accident.
fn find_user_id(members: &Members<'_>, path: &ClaimPath) -> Result<UserId, TokenError> {
    match path.find(members)? {
        Some(Json::String(text)) => UserId::parse(text).ok_or(TokenError::UserId),
        Some(_) => Err(wrong_type(&path.to_string())),
        None => Err(missing(&path.to_string())),
    }
}

fn find_scopes(members: &Members<'_>) -> Result<Scopes, TokenError> {
    match members.get("scope") {
        Some(Json::String(names)) => Ok(Scopes::parse(names)),
        Some(_) => Err(wrong_type("scope")),
        None => Ok(Scopes::EVERYTHING),
    }
}

pub(super) fn missing(name: &str) -> TokenError {
    TokenError::MissingClaim(name.to_owned())
}

pub(super) fn wrong_type(name: &str) -> TokenError {
    TokenError::ClaimType(name.to_owned())
}

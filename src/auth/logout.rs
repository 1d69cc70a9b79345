//! Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4): by them the front end says that a session has
//! ended. They have the form, the keys, the issuer and the audience of its other tokens, and a type of their own, so
//! that neither kind is ever taken for the other.

use super::claims::{
    Times, UserId, check_audience, check_issuer, check_times, missing, wrong_type,
};
use super::error::TokenError;
use super::json::{Json, Members, parse_object};
use super::revocations::Revoked;
use super::session::{SessionId, SessionRule};
use super::settings::AuthSettings;

/// The longest time between `iat` and `exp`, in seconds.
const MAX_LIFETIME_SECONDS: i64 = 120;

/// The member of `events` that says what the token is.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Why a logout token was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// There is not exactly one.
    #[error("there is not exactly one form field logout_token")]
    NotOne,
    /// It breaks a rule of every token of the front end.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// `exp` is too long after `iat`.
    #[error("exp is more than 120 s after iat")]
    Lifetime,
    /// `events` does not have the one member with an object.
    #[error("events does not say that this is a logout")]
    Event,
    /// There is a `nonce`, as in an ID token.
    #[error("there is a nonce")]
    Nonce,
    /// Neither a `sid` that tokens are read for, nor a `sub`.
    #[error("there is neither a sid that counts here nor a sub")]
    NobodyNamed,
}

impl LogoutError {
    /// A fixed sentence for the front end's operator.
    pub(super) fn description(&self) -> &'static str {
        match self {
            Self::NotOne => {
                "Send one field, logout_token, as Content-Type: application/x-www-form-urlencoded."
            }
            Self::Token(TokenError::Type(_)) => "The header of a logout token has typ logout+jwt.",
            Self::Token(TokenError::Expired { .. }) => "The logout token expired.",
            Self::Token(_) => "The logout token is not one that this service accepts.",
            Self::Lifetime => "A logout token lives for at most 120 seconds.",
            Self::Event => "The claim events must have the member of a back-channel logout.",
            Self::Nonce => "A logout token has no nonce.",
            Self::NobodyNamed => "A logout token names a sid or a sub.",
        }
    }
}

/// Applies every rule to the payload of a logout token, and says which tokens it ends. A `sid` counts before a `sub`.
/// `now` is in seconds since the Unix epoch.
pub(super) fn check(
    payload: &str,
    settings: &AuthSettings,
    now: i64,
) -> Result<Revoked, LogoutError> {
    let members = parse_object(payload.as_bytes());
    let members = members.ok_or(TokenError::NotJsonObject("payload"))?;
    let leeway = i64::from(settings.leeway_seconds);
    let Times { expires_at, issued_at, .. } = check_times(&members, leeway, now)?;
    let issued_at = issued_at.ok_or_else(|| missing("iat"))?;
    if expires_at.saturating_sub(issued_at) > MAX_LIFETIME_SECONDS {
        return Err(LogoutError::Lifetime);
    }
    check_issuer(&members, &settings.issuer)?;
    check_audience(&members, &settings.audience)?;
    if text(&members, "jti")?.is_none_or(str::is_empty) {
        return Err(missing("jti").into());
    }
    check_events(&members)?;
    if members.contains("nonce") {
        return Err(LogoutError::Nonce);
    }
    find_revoked(&members, &settings.session, issued_at)
}

fn check_events(members: &Members<'_>) -> Result<(), LogoutError> {
    match members.get("events") {
        Some(Json::Object(events)) if matches!(events.get(EVENT), Some(Json::Object(_))) => Ok(()),
        _ => Err(LogoutError::Event),
    }
}

fn find_revoked(
    members: &Members<'_>,
    rule: &SessionRule,
    issued_at: i64,
) -> Result<Revoked, LogoutError> {
    let session = text(members, "sid")?.map(|id| SessionId::parse(id).ok_or(TokenError::SessionId));
    let user = text(members, "sub")?.map(|id| UserId::parse(id).ok_or(TokenError::UserId));
    match (session.transpose()?, user.transpose()?) {
        (Some(session), _) if *rule != SessionRule::Ignored => Ok(Revoked::Session(session)),
        (_, Some(user)) => Ok(Revoked::Tokens(user, issued_at)),
        _ => Err(LogoutError::NobodyNamed),
    }
}

fn text<'m>(members: &'m Members<'_>, name: &str) -> Result<Option<&'m str>, TokenError> {
    match members.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong_type(name)),
    }
}

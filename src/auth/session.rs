//! Sessions of the front end, as far as a token tells them. A token with the id of its session can be refused as soon as
//! that session ends; one without lives until it expires.

use super::claims::is_opaque_id;
use super::error::TokenError;
use super::json::{Json, Members};
use super::settings::ClaimPath;

/// The id of a session: opaque text of 1 to 255 bytes without control characters, compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(Box<str>);

impl SessionId {
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

/// Which claim of a token holds the id of its session, and whether it must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionRule {
    /// Tokens are not read for a session: none can be ended before it expires, except with all others of its user.
    Ignored,
    /// The claim may be missing.
    Optional(ClaimPath),
    /// A token without the claim is refused.
    Required(ClaimPath),
}

impl SessionRule {
    /// The claim, if there is one to read.
    #[must_use]
    pub fn claim(&self) -> Option<&ClaimPath> {
        match self {
            Self::Ignored => None,
            Self::Optional(claim) | Self::Required(claim) => Some(claim),
        }
    }

    /// The session of a token.
    pub(super) fn find(&self, members: &Members<'_>) -> Result<Option<SessionId>, TokenError> {
        let Some(claim) = self.claim() else { return Ok(None) };
        match claim.find(members) {
            Ok(Some(Json::String(text))) => {
                SessionId::parse(text).map(Some).ok_or(TokenError::SessionId)
            }
            Ok(None) if !matches!(self, Self::Required(_)) => Ok(None),
            Ok(None) => Err(TokenError::NoSession(claim.to_string())),
            Ok(Some(_)) | Err(_) => Err(TokenError::SessionId),
        }
    }
}

//! The checks a token passes, in their order, so that a report can say how far it came.

use super::error::TokenError;

/// One check of the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Three parts in canonical base64url (RFC 7515, section 7.1).
    Form,
    /// A header that is one JSON object without unsupported parameters.
    Header,
    /// `typ` is absent or that of an access token.
    Type,
    /// `alg` belongs to a configured key source.
    Algorithm,
    /// The key set knows the `kid`.
    Key,
    /// The signature.
    Signature,
    /// A payload that is one JSON object.
    Payload,
    /// `exp`.
    Expiry,
    /// `nbf`.
    NotBefore,
    /// `iat`.
    IssuedAt,
    /// `iss`.
    Issuer,
    /// `aud`.
    Audience,
    /// The claim with the user id.
    UserId,
}

impl Check {
    /// All, in the order they are made.
    pub const ALL: [Self; 13] = [
        Self::Form,
        Self::Header,
        Self::Type,
        Self::Algorithm,
        Self::Key,
        Self::Signature,
        Self::Payload,
        Self::Expiry,
        Self::NotBefore,
        Self::IssuedAt,
        Self::Issuer,
        Self::Audience,
        Self::UserId,
    ];

    /// A name for reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Header => "header",
            Self::Type => "typ",
            Self::Algorithm => "alg",
            Self::Key => "kid",
            Self::Signature => "signature",
            Self::Payload => "payload",
            Self::Expiry => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::Issuer => "iss",
            Self::Audience => "aud",
            Self::UserId => "user id",
        }
    }
}

impl TokenError {
    /// The check that failed.
    #[must_use]
    pub fn failed_check(&self) -> Check {
        match self {
            Self::Encrypted | Self::PartCount(_) => Check::Form,
            Self::NotBase64Url("payload") | Self::NotJsonObject("payload") => Check::Payload,
            Self::NotBase64Url(_) => Check::Form,
            Self::NotJsonObject(_) | Self::HeaderParameter(_) => Check::Header,
            Self::Type(_) => Check::Type,
            Self::Algorithm(_) => Check::Algorithm,
            Self::UnknownKey(_) | Self::KeysNotLoaded { .. } => Check::Key,
            Self::Signature => Check::Signature,
            Self::Expired { .. } => Check::Expiry,
            Self::NotYetValid { .. } => Check::NotBefore,
            Self::IssuedInFuture { .. } => Check::IssuedAt,
            Self::Issuer(_) => Check::Issuer,
            Self::Audience(_) => Check::Audience,
            Self::UserId => Check::UserId,
            Self::MissingClaim(name) | Self::ClaimType(name) => match name.as_str() {
                "exp" => Check::Expiry,
                "nbf" => Check::NotBefore,
                "iat" => Check::IssuedAt,
                "iss" => Check::Issuer,
                "aud" => Check::Audience,
                _ => Check::UserId,
            },
        }
    }
}

//! The checks that a token must pass, in their order. Reports use them to show which check failed and which
//! were not reached.

use super::error::TokenError;

/// One check of [`super::TokenVerifier`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Three parts in canonical base64url (RFC 7515, section 7.1).
    Form,
    /// A header that is one JSON object without unsupported parameters.
    Header,
    /// `typ` is absent or that of an access token.
    Type,
    /// A configured key source uses `alg`.
    Algorithm,
    /// The key set has a key with the token's `kid`.
    Key,
    /// One of those keys made the signature.
    Signature,
    /// A payload that is one JSON object.
    Payload,
    /// `exp` is in the future.
    Expiry,
    /// `nbf` is not in the future.
    NotBefore,
    /// `iat` is not in the future.
    IssuedAt,
    /// `iss` is an accepted issuer.
    Issuer,
    /// `aud` holds an accepted audience.
    Audience,
    /// The configured claim holds a [`super::UserId`].
    UserId,
    /// `scope` is absent or a text.
    Scope,
    /// The configured claim holds a [`super::SessionId`], or is absent where it may be.
    Session,
    /// Neither the session nor the account has ended.
    Revocation,
}

impl Check {
    /// All checks, in the order the verifier makes them.
    pub const ALL: [Self; 16] = [
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
        Self::Scope,
        Self::Session,
        Self::Revocation,
    ];

    /// The name for reports: where the check concerns one member of the token, that member's.
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
            Self::Scope => "scope",
            Self::Session => "session",
            Self::Revocation => "revocation",
        }
    }
}

impl TokenError {
    /// The check that this error comes from.
    #[must_use]
    pub fn failed_check(&self) -> Check {
        match self {
            Self::Encrypted | Self::PartCount(_) => Check::Form,
            Self::NotBase64Url("payload") | Self::NotJsonObject("payload") => Check::Payload,
            Self::NotBase64Url(_) => Check::Form,
            Self::NotJsonObject(_) | Self::HeaderParameter(_) => Check::Header,
            Self::Type(_) => Check::Type,
            Self::Algorithm(_) => Check::Algorithm,
            Self::UnknownKey(_) | Self::KeyNotFetched { .. } | Self::KeysNotLoaded { .. } => {
                Check::Key
            }
            Self::Signature => Check::Signature,
            Self::Expired { .. } => Check::Expiry,
            Self::NotYetValid { .. } => Check::NotBefore,
            Self::IssuedInFuture { .. } => Check::IssuedAt,
            Self::Issuer(_) => Check::Issuer,
            Self::Audience(_) => Check::Audience,
            Self::UserId => Check::UserId,
            Self::NoSession(_) | Self::SessionId => Check::Session,
            Self::SessionRevoked | Self::AccountErased => Check::Revocation,
            Self::MissingClaim(name) | Self::ClaimType(name) => match name.as_str() {
                "exp" => Check::Expiry,
                "nbf" => Check::NotBefore,
                "iat" => Check::IssuedAt,
                "iss" => Check::Issuer,
                "aud" => Check::Audience,
                "scope" => Check::Scope,
                _ => Check::UserId,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_names_the_check_that_failed() {
        let claim = |name: &str| TokenError::MissingClaim(name.to_owned());
        let wrong_type = |name: &str| TokenError::ClaimType(name.to_owned());
        for (error, check) in [
            (TokenError::Encrypted, "form"),
            (TokenError::PartCount(2), "form"),
            (TokenError::NotBase64Url("header"), "form"),
            (TokenError::NotBase64Url("signature"), "form"),
            (TokenError::NotBase64Url("payload"), "payload"),
            (TokenError::NotJsonObject("header"), "header"),
            (TokenError::NotJsonObject("payload"), "payload"),
            (TokenError::HeaderParameter("crit"), "header"),
            (TokenError::Type("x".into()), "typ"),
            (TokenError::Algorithm("none".into()), "alg"),
            (TokenError::UnknownKey(None), "kid"),
            (TokenError::KeyNotFetched { retry_after_seconds: 1 }, "kid"),
            (TokenError::KeysNotLoaded { retry_after_seconds: 1 }, "kid"),
            (TokenError::Signature, "signature"),
            (TokenError::Expired { seconds: 1 }, "exp"),
            (TokenError::NotYetValid { seconds: 1 }, "nbf"),
            (TokenError::IssuedInFuture { seconds: 1 }, "iat"),
            (TokenError::Issuer("x".into()), "iss"),
            (TokenError::Audience(Vec::new()), "aud"),
            (TokenError::UserId, "user id"),
            (claim("exp"), "exp"),
            (wrong_type("nbf"), "nbf"),
            (wrong_type("iat"), "iat"),
            (claim("iss"), "iss"),
            (claim("aud"), "aud"),
            (claim("sub"), "user id"),
            (claim("user.id"), "user id"),
            (wrong_type("scope"), "scope"),
            (TokenError::NoSession("sid".into()), "session"),
            (TokenError::SessionId, "session"),
            (TokenError::SessionRevoked, "revocation"),
            (TokenError::AccountErased, "revocation"),
        ] {
            assert_eq!(error.failed_check().name(), check, "{error:?}");
        }
        assert!(Check::ALL.is_sorted(), "the order of the checks");
    }
}

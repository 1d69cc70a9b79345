//! What is wrong with a header or a token. The precise cause goes to the log and into no response.

/// What is wrong with the `Authorization` header itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// More than one `Authorization` field. Proxies and servers disagree on which one counts, so none does.
    #[error("more than one Authorization field")]
    Repeated,
    /// Bytes outside visible ASCII.
    #[error("the Authorization field is not visible ASCII")]
    NotAscii,
    /// `Bearer` without a token.
    #[error("the Bearer scheme carries no token")]
    NoToken,
    /// The text after `Bearer` is not one b64token (RFC 6750, section 2.1).
    #[error("the Bearer credentials are not a single b64token")]
    NotB64Token,
    /// Longer than [`crate::auth::MAX_TOKEN_BYTES`].
    #[error("the token is longer than the limit")]
    TooLong,
}

/// Why a token was refused: the first check that failed, in the order of [`super::Check`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Five parts: an encrypted token (JWE), which is never accepted.
    #[error("the token has five parts: encrypted tokens are not accepted")]
    Encrypted,
    /// Not the three parts of a compact JWS (RFC 7515, section 7.1).
    #[error("the token has {0} dot-separated parts instead of three")]
    PartCount(usize),
    /// A part that is not canonical, unpadded base64url.
    #[error("the {0} is not canonical base64url")]
    NotBase64Url(&'static str),
    /// A part that is not a UTF-8 JSON object with unique member names.
    #[error("the {0} is not a JSON object with unique member names")]
    NotJsonObject(&'static str),
    /// A header parameter that would change how the token is processed, or that has the wrong JSON type.
    #[error("the header parameter {0} is not supported")]
    HeaderParameter(&'static str),
    /// A `typ` of another kind of token.
    #[error("the header says typ {0:?}, which is not an access token")]
    Type(String),
    /// No configured key uses the algorithm named in the header.
    #[error("no configured key uses the algorithm {0:?}")]
    Algorithm(String),
    /// The key set has no such key. The key may be newer than the set.
    #[error("the key set has no key for kid {0:?}")]
    UnknownKey(Option<String>),
    /// The key set has no such key, and no fetch since the token arrived could say whether it is newer.
    #[error(
        "the key set has no such key, and may be older than the token; the next fetch is due in \
         {retry_after_seconds} s"
    )]
    KeyNotFetched {
        /// Seconds until the next fetch may start, at least 1.
        retry_after_seconds: u32,
    },
    /// No key set is loaded, or it is too old, so the token can be neither accepted nor rejected.
    #[error("no usable key set has been loaded; the next fetch is due in {retry_after_seconds} s")]
    KeysNotLoaded {
        /// Seconds until the next fetch may start, at least 1.
        retry_after_seconds: u32,
    },
    /// No configured key made this signature.
    #[error("the signature matches none of the configured keys")]
    Signature,
    /// A required claim is absent.
    #[error("the claim {0} is missing")]
    MissingClaim(String),
    /// A claim of the wrong JSON type.
    #[error("the claim {0} has the wrong JSON type")]
    ClaimType(String),
    /// Past `exp`, leeway included.
    #[error("the token expired {seconds} s ago")]
    Expired {
        /// Seconds since `exp`.
        seconds: i64,
    },
    /// Before `nbf`, leeway included.
    #[error("the token is not valid for another {seconds} s")]
    NotYetValid {
        /// Seconds until `nbf`.
        seconds: i64,
    },
    /// Issued in the future, leeway included.
    #[error("the token was issued {seconds} s in the future")]
    IssuedInFuture {
        /// Seconds until `iat`.
        seconds: i64,
    },
    /// `iss` is not an accepted issuer.
    #[error("the issuer {0:?} is not accepted")]
    Issuer(String),
    /// No entry of `aud` is an accepted audience.
    #[error("the audience {0:?} is not accepted")]
    Audience(Vec<String>),
    /// The user id breaks a rule of [`crate::auth::UserId`].
    #[error("the user id is empty, longer than 255 bytes or holds a control character")]
    UserId,
    /// The claim with the session's id is required, and absent.
    #[error("the claim {0} is missing, and REQUIRE_SESSION is on")]
    NoSession(String),
    /// The session's id is no text, or breaks a rule of [`crate::auth::SessionId`].
    #[error("the session id is no text of 1 to 255 bytes without control characters")]
    SessionId,
    /// The front end has ended the token's session, or all tokens of the user that were issued until then.
    #[error("the session has ended")]
    SessionRevoked,
    /// Everything of the user was erased.
    #[error("the account was erased")]
    AccountErased,
}

impl TokenError {
    /// Whether the same token may be valid once newer keys are fetched.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::UnknownKey(_) | Self::KeysNotLoaded { .. })
    }

    /// For a verification after a fetch. Without one an unknown key is no verdict; then it is known in how many
    /// seconds the next may be.
    pub(super) fn until_fetched(self, next_fetch: Option<u32>) -> Self {
        match (self, next_fetch) {
            (Self::UnknownKey(_), Some(retry_after_seconds)) => {
                Self::KeyNotFetched { retry_after_seconds }
            }
            (other, _) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unknown_key_is_worth_a_retry() {
        assert!(TokenError::UnknownKey(None).is_retryable());
        assert!(TokenError::KeysNotLoaded { retry_after_seconds: 1 }.is_retryable());
        for error in [
            TokenError::Signature,
            TokenError::Algorithm("none".into()),
            TokenError::Expired { seconds: 1 },
            TokenError::NotBase64Url("signature"),
        ] {
            assert!(!error.is_retryable(), "{error:?}");
        }
    }
}

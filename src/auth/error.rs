//! Why a request was refused. The types carry the precise cause for the log; the answer carries a
//! fixed sentence, so that nothing about keys or libraries can be read from it.

use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::base::problem::{Problem, ProblemCode};

/// What is wrong with the `Authorization` header itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// More than one field of that name: which one counts is anybody's guess, so neither does.
    #[error("more than one Authorization field")]
    Repeated,
    /// Bytes outside visible ASCII.
    #[error("the Authorization field is not visible ASCII")]
    NotAscii,
    /// `Bearer` without a token.
    #[error("the Bearer scheme carries no token")]
    NoToken,
    /// Something other than one b64token (RFC 6750, section 2.1) behind `Bearer`.
    #[error("the Bearer credentials are not a single b64token")]
    NotB64Token,
    /// Longer than [`crate::auth::MAX_TOKEN_BYTES`].
    #[error("the token is longer than the limit")]
    TooLong,
}

/// Why a token was refused. The first failed check wins; the order is the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Five parts: an encrypted token (JWE), which this service never accepts.
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
    /// A header parameter that would change how the token must be processed.
    #[error("the header parameter {0} is not supported")]
    HeaderParameter(&'static str),
    /// A `typ` that belongs to another kind of token.
    #[error("the header says typ {0:?}, which is not an access token")]
    Type(String),
    /// No configured key uses the algorithm named in the header.
    #[error("no configured key uses the algorithm {0:?}")]
    Algorithm(String),
    /// The key set has no such key. It may be a new one.
    #[error("the key set has no key for kid {0:?}")]
    UnknownKey(Option<String>),
    /// No key set has been loaded yet, so nothing can be said about the token.
    #[error("no usable key set has been loaded; the next fetch is due in {retry_after_seconds} s")]
    KeysNotLoaded {
        /// Seconds until a fetch may be made again, at least 1.
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
}

impl TokenError {
    /// Whether a newer key set could change the verdict.
    #[must_use]
    pub fn may_heal(&self) -> bool {
        matches!(self, Self::UnknownKey(_) | Self::KeysNotLoaded { .. })
    }
}

/// Every way to be turned away before a handler runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// 401: no Bearer credentials at all.
    #[error("no Bearer credentials")]
    MissingCredentials,
    /// 400: see [`HeaderError`].
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// 401: see [`TokenError`].
    #[error("{0}")]
    Token(#[from] TokenError),
    /// 403: the path names another user.
    #[error("the path names another user")]
    NotOwner,
    /// 500: a handler asked for an identity outside a protected scope. Fails closed.
    #[error("a handler asked for {0} outside its guard: the route is wired wrongly")]
    NotGuarded(&'static str),
}

const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Bearer realm="taskbridge""#);
const CHALLENGE_REQUEST: HeaderValue = HeaderValue::from_static(
    r#"Bearer realm="taskbridge", error="invalid_request", error_description="The Authorization header is malformed""#,
);
const CHALLENGE_INVALID: HeaderValue = HeaderValue::from_static(
    r#"Bearer realm="taskbridge", error="invalid_token", error_description="The access token is invalid""#,
);
const CHALLENGE_EXPIRED: HeaderValue = HeaderValue::from_static(
    r#"Bearer realm="taskbridge", error="invalid_token", error_description="The access token expired""#,
);

impl AuthError {
    fn code(&self) -> ProblemCode {
        match self {
            Self::MissingCredentials => ProblemCode::MissingToken,
            Self::Header(_) => ProblemCode::InvalidRequest,
            Self::Token(TokenError::Expired { .. }) => ProblemCode::TokenExpired,
            Self::Token(TokenError::KeysNotLoaded { .. }) => ProblemCode::KeysUnavailable,
            Self::Token(_) => ProblemCode::InvalidToken,
            Self::NotOwner => ProblemCode::Forbidden,
            Self::NotGuarded(_) => ProblemCode::InternalError,
        }
    }

    /// The answer: one fixed text per `code`, with the challenge of RFC 6750, section 3.
    #[must_use]
    pub fn to_problem(&self) -> Problem {
        let problem = Problem::new(self.code());
        match self {
            Self::MissingCredentials => problem.with_header(WWW_AUTHENTICATE, CHALLENGE),
            Self::Header(_) => problem.with_header(WWW_AUTHENTICATE, CHALLENGE_REQUEST),
            Self::Token(TokenError::Expired { .. }) => {
                problem.with_header(WWW_AUTHENTICATE, CHALLENGE_EXPIRED)
            }
            Self::Token(TokenError::KeysNotLoaded { retry_after_seconds }) => {
                problem.with_header(RETRY_AFTER, HeaderValue::from(*retry_after_seconds))
            }
            Self::Token(_) => problem.with_header(WWW_AUTHENTICATE, CHALLENGE_INVALID),
            Self::NotOwner | Self::NotGuarded(_) => problem,
        }
    }
}

impl ResponseError for AuthError {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    fn error_response(&self) -> HttpResponse {
        self.to_problem().to_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_that_is_not_known_yet_can_heal() {
        assert!(TokenError::UnknownKey(None).may_heal());
        assert!(TokenError::KeysNotLoaded { retry_after_seconds: 1 }.may_heal());
        for final_verdict in [
            TokenError::Signature,
            TokenError::Algorithm("none".into()),
            TokenError::Expired { seconds: 1 },
            TokenError::NotBase64Url("signature"),
        ] {
            assert!(!final_verdict.may_heal(), "{final_verdict:?}");
        }
    }

    #[test]
    fn the_next_fetch_is_announced_in_seconds() {
        let refusal = AuthError::from(TokenError::KeysNotLoaded { retry_after_seconds: 9 });
        let response = refusal.error_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refusal.status_code(), response.status());
        assert_eq!(response.headers().get(RETRY_AFTER), Some(&HeaderValue::from_static("9")));
    }
}

//! Why a request was refused, and the response: one fixed sentence per code, which reveals nothing about keys or claims.

use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

use super::error::{HeaderError, TokenError};
use super::logout::LogoutError;
use super::scope::Scope;
use crate::base::problem::{Problem, ProblemCode};

/// Every reason to refuse a request before its handler runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// 401: no Bearer credentials at all.
    #[error("no Bearer credentials")]
    MissingCredentials,
    /// 400: the `Authorization` header is malformed.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// 401: the token is not valid; 503 for [`TokenError::KeysNotLoaded`] and [`TokenError::KeyNotFetched`].
    #[error("{0}")]
    Token(#[from] TokenError),
    /// 400, as its specification says: the logout token is not valid.
    #[error("{0}")]
    Logout(LogoutError),
    /// 403: the path names another user.
    #[error("the path names another user")]
    NotOwner,
    /// 403: the token is not for what the request needs.
    #[error("the token's scope does not include {}", .0.as_str())]
    InsufficientScope(Scope),
    /// 500: a handler takes an identity as an argument, but its route is outside the middleware that stores it.
    #[error("the handler needs {0}, but no middleware around its route provides it")]
    NotGuarded(&'static str),
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

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
const CHALLENGE_REVOKED: HeaderValue = HeaderValue::from_static(
    r#"Bearer realm="taskbridge", error="invalid_token", error_description="The session has ended""#,
);
const CHALLENGE_ERASED: HeaderValue = HeaderValue::from_static(
    r#"Bearer realm="taskbridge", error="invalid_token", error_description="The account was erased""#,
);

/// Tells the client what to ask for (RFC 6750, section 3.1).
const fn challenge_of_scope(scope: Scope) -> HeaderValue {
    match scope {
        Scope::Read => HeaderValue::from_static(
            r#"Bearer realm="taskbridge", error="insufficient_scope", error_description="The access token is not for this", scope="tasks:read""#,
        ),
        Scope::Write => HeaderValue::from_static(
            r#"Bearer realm="taskbridge", error="insufficient_scope", error_description="The access token is not for this", scope="tasks:write""#,
        ),
    }
}

impl AuthError {
    /// The code of the answer.
    pub(crate) fn code(&self) -> ProblemCode {
        match self {
            Self::MissingCredentials => ProblemCode::MissingToken,
            Self::Header(_) => ProblemCode::InvalidRequest,
            Self::Token(TokenError::Expired { .. }) => ProblemCode::TokenExpired,
            Self::Token(TokenError::KeysNotLoaded { .. } | TokenError::KeyNotFetched { .. }) => {
                ProblemCode::KeysUnavailable
            }
            Self::Token(TokenError::SessionRevoked) => ProblemCode::SessionRevoked,
            Self::Token(TokenError::AccountErased) => ProblemCode::AccountErased,
            Self::Token(_) => ProblemCode::InvalidToken,
            Self::Logout(_) => ProblemCode::InvalidLogoutToken,
            Self::NotOwner => ProblemCode::Forbidden,
            Self::InsufficientScope(_) => ProblemCode::InsufficientScope,
            Self::NotGuarded(_) => ProblemCode::InternalError,
        }
    }

    /// Whether it counts against the client's address: every 401, a logout token that is not valid, and 503 for a key
    /// that may be made up. Without the latter a stranger with random key ids would meet no limit.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        self.code().status() == StatusCode::UNAUTHORIZED
            || matches!(self, Self::Logout(_) | Self::Token(TokenError::KeyNotFetched { .. }))
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
            Self::Token(
                TokenError::KeysNotLoaded { retry_after_seconds }
                | TokenError::KeyNotFetched { retry_after_seconds },
            ) => problem.with_header(RETRY_AFTER, HeaderValue::from(*retry_after_seconds)),
            Self::Token(TokenError::SessionRevoked) => {
                problem.with_header(WWW_AUTHENTICATE, CHALLENGE_REVOKED)
            }
            Self::Token(TokenError::AccountErased) => {
                problem.with_header(WWW_AUTHENTICATE, CHALLENGE_ERASED)
            }
            Self::Token(_) => problem.with_header(WWW_AUTHENTICATE, CHALLENGE_INVALID),
            Self::Logout(error) => problem
                .with_detail(error.description().to_owned())
                .with_oauth_error()
                .with_header(CACHE_CONTROL, NO_STORE),
            Self::InsufficientScope(scope) => {
                problem.with_header(WWW_AUTHENTICATE, challenge_of_scope(*scope))
            }
            Self::NotOwner | Self::NotGuarded(_) => problem,
        }
    }
}

/// An unknown key is no fault of the logout token either.
impl From<LogoutError> for AuthError {
    fn from(error: LogoutError) -> Self {
        match error {
            LogoutError::Token(
                error @ (TokenError::KeysNotLoaded { .. } | TokenError::KeyNotFetched { .. }),
            ) => Self::Token(error),
            other => Self::Logout(other),
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
    fn retry_after_is_the_time_until_the_next_fetch() {
        let refusal = AuthError::from(TokenError::KeysNotLoaded { retry_after_seconds: 9 });
        let response = refusal.error_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refusal.status_code(), response.status());
        assert_eq!(response.headers().get(RETRY_AFTER), Some(&HeaderValue::from_static("9")));
    }
}

//! The one wire shape of every error: problem details (RFC 9457).
//!
//! A [`Problem`] becomes a response in two steps. [`Problem::to_response`] renders it and leaves a
//! copy in the response's extensions; [`complete`], called by the outermost middleware, renders it
//! again with the request's id, which an error value cannot know.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of a problem body (RFC 9457, section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The stable, machine-readable name of a problem. Clients branch on it; `detail` may be reworded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// 400: the `Authorization` header is broken or repeated (RFC 6750, section 3.1).
    InvalidRequest,
    /// 400: the body is not JSON.
    MalformedJson,
    /// 400: a path segment or the query string cannot be read.
    MalformedPath,
    /// 400: a request header cannot be read, or stands twice.
    MalformedHeader,
    /// 401: no credentials were sent.
    MissingToken,
    /// 401: the token was genuine once and has expired.
    TokenExpired,
    /// 401: the token is not one this service accepts.
    InvalidToken,
    /// 403: the user in the path is not the user of the token.
    Forbidden,
    /// 404: nothing here for this user.
    NotFound,
    /// 405: the resource does not know this method.
    MethodNotAllowed,
    /// 406: the client accepts no media type this service can produce.
    NotAcceptable,
    /// 408: the request's body did not arrive in time.
    RequestTimeout,
    /// 409: the user has as many tasks as one may have.
    TaskLimitReached,
    /// 412: the resource is not in the state that the request depends on.
    PreconditionFailed,
    /// 413: the body is longer than the limit.
    BodyTooLarge,
    /// 415: the body is not declared as JSON.
    UnsupportedMediaType,
    /// 422: the input was read and breaks a rule; `errors` says which.
    ValidationFailed,
    /// 422: the `Idempotency-Key` belongs to a request with another body.
    IdempotencyKeyReused,
    /// 429: too many requests of this user, or too many refused ones from this address.
    RateLimited,
    /// 500: a fault of this service.
    InternalError,
    /// 503: the database cannot be reached or is too busy.
    DatabaseUnavailable,
    /// 503: the key set that tokens are verified with was never loaded, or is too old.
    KeysUnavailable,
    /// 503: `GET /health/ready` only; the server cannot do its work, or is stopping.
    NotReady,
}

impl ProblemCode {
    /// Every code, for documentation and tests.
    pub const ALL: &[Self] = &[
        Self::InvalidRequest,
        Self::MalformedJson,
        Self::MalformedPath,
        Self::MalformedHeader,
        Self::MissingToken,
        Self::TokenExpired,
        Self::InvalidToken,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::RequestTimeout,
        Self::TaskLimitReached,
        Self::PreconditionFailed,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::ValidationFailed,
        Self::IdempotencyKeyReused,
        Self::RateLimited,
        Self::InternalError,
        Self::DatabaseUnavailable,
        Self::KeysUnavailable,
        Self::NotReady,
    ];

    /// The HTTP status that always goes with this code.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest
            | Self::MalformedJson
            | Self::MalformedPath
            | Self::MalformedHeader => StatusCode::BAD_REQUEST,
            Self::MissingToken | Self::TokenExpired | Self::InvalidToken => {
                StatusCode::UNAUTHORIZED
            }
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TaskLimitReached => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ValidationFailed | Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::DatabaseUnavailable | Self::KeysUnavailable | Self::NotReady => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// The code as it stands in the body.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::MalformedJson => "malformed_json",
            Self::MalformedPath => "malformed_path",
            Self::MalformedHeader => "malformed_header",
            Self::MissingToken => "missing_token",
            Self::TokenExpired => "token_expired",
            Self::InvalidToken => "invalid_token",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotAcceptable => "not_acceptable",
            Self::RequestTimeout => "request_timeout",
            Self::TaskLimitReached => "task_limit_reached",
            Self::PreconditionFailed => "precondition_failed",
            Self::BodyTooLarge => "body_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::ValidationFailed => "validation_failed",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::RateLimited => "rate_limited",
            Self::InternalError => "internal_error",
            Self::DatabaseUnavailable => "database_unavailable",
            Self::KeysUnavailable => "keys_unavailable",
            Self::NotReady => "not_ready",
        }
    }
}

/// What a client may do about a 401 or 403, so that it can never loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Retry {
    /// Fetch a new token and repeat the request once.
    Refresh,
    /// Send the user to the sign-in page.
    Login,
    /// Repeating will not help.
    Never,
}

/// One broken rule of a 422 answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The member or parameter, as the client spelt it; empty for the body as a whole.
    pub field: &'static str,
    /// Stable name of the rule, such as `too_long`.
    pub code: &'static str,
    /// The rule in words.
    pub detail: &'static str,
}

/// An error as the client will see it.
#[derive(Clone, Debug)]
pub struct Problem {
    code: ProblemCode,
    detail: Cow<'static, str>,
    retry: Option<Retry>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// An error (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body<'a> {
    /// `/problems/` and the code.
    r#type: String,
    /// The status in words.
    title: &'a str,
    /// The status of the answer.
    status: u16,
    /// A sentence for people; always a string.
    detail: &'a str,
    code: ProblemCode,
    /// On 401 and 403.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retry: Option<Retry>,
    /// On 422: every broken rule.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// The id of the request, as in `X-Request-Id` and the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, required = true)]
    request_id: Option<&'a str>,
}

impl Problem {
    /// A problem with a sentence for people. `detail` must not carry a cause, a token or a secret.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), retry: None, errors: Vec::new(), headers: Vec::new() }
    }

    /// Says what the client may do next (401 and 403 only).
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Lists the broken rules (422 only).
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Adds a response header, such as `WWW-Authenticate`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        self.code
    }

    /// The response without a request id, and with a copy of the problem for [`complete`].
    #[must_use]
    pub fn to_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.code.status());
        for header in &self.headers {
            builder.append_header(header.clone());
        }
        builder.content_type(MEDIA_TYPE);
        let mut response = builder.body(self.render(None));
        response.extensions_mut().insert(self.clone());
        response
    }

    fn render(&self, request_id: Option<&str>) -> String {
        let status = self.code.status();
        let body = Body {
            r#type: format!("/problems/{}", self.code.as_str()),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &self.detail,
            code: self.code,
            retry: self.retry,
            errors: &self.errors,
            request_id,
        };
        // Only strings and numbers go in, which serde_json always accepts.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

/// Writes `request_id` into a problem body and tells its code; any other response passes through
/// untouched.
#[must_use]
pub fn complete(
    mut response: ServiceResponse<BoxBody>,
    request_id: &str,
) -> (ServiceResponse<BoxBody>, Option<ProblemCode>) {
    let Some(problem) = response.response_mut().extensions_mut().remove::<Problem>() else {
        return (response, None);
    };
    let mut response = response.map_body(|_, _| BoxBody::new(problem.render(Some(request_id))));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    (response, Some(problem.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_str_is_the_serialised_spelling() {
        for code in ProblemCode::ALL {
            let json = serde_json::to_value(code).unwrap();
            assert_eq!(json, code.as_str(), "{code:?}");
        }
    }

    #[test]
    fn optional_members_are_left_out() {
        let problem = Problem::new(ProblemCode::NotFound, "There is no such task.");
        assert_eq!(
            problem.render(None),
            r#"{"type":"/problems/not_found","title":"Not Found","status":404,"detail":"There is no such task.","code":"not_found"}"#
        );
    }
}

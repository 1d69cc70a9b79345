//! The one error type of handlers and extractors, and the one place where it becomes an answer.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ETAG, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use crate::base::problem::{FieldError, Problem, ProblemCode};
use crate::db::DbError;

/// Seconds after which a client should try again when the database is away.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

const KEY_REUSED: FieldError = FieldError {
    field: "Idempotency-Key",
    code: "reused",
    detail: "A key stands for one request and its repetitions; a new request needs a new key.",
};

/// Why a request that reached its resource was not fulfilled. `Display` is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// 400: the body is not JSON.
    #[error("the body is not JSON: {0}")]
    MalformedJson(String),
    /// 400: a path segment cannot be read.
    #[error("a path segment cannot be read")]
    MalformedPath,
    /// 400: the header of this name cannot be read, or stands twice.
    #[error("the header {0} cannot be read")]
    MalformedHeader(&'static str),
    /// 404: missing, deleted and somebody else's alike.
    #[error("no such resource")]
    NotFound,
    /// 405, with what the resource does allow.
    #[error("the method is not allowed")]
    MethodNotAllowed(HeaderValue),
    /// 406: JSON is the only thing to be had.
    #[error("the client does not accept JSON")]
    NotAcceptable,
    /// 408: the body did not arrive in time.
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    /// 409: the user has as many tasks as one may have.
    #[error("the user has as many tasks as one may have")]
    TaskLimitReached,
    /// 412, with the current `ETag`.
    #[error("the task has changed")]
    PreconditionFailed(HeaderValue),
    /// 413.
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// 415.
    #[error("the body is not declared as JSON")]
    UnsupportedMediaType,
    /// 422, with every broken rule.
    #[error("{} rule(s) broken", .0.len())]
    Validation(Vec<FieldError>),
    /// 422: the idempotency key belongs to another request.
    #[error("the idempotency key was used for another body")]
    IdempotencyKeyReused,
    /// 429, with the seconds until the next request is welcome.
    #[error("over the rate limit")]
    RateLimited {
        /// At least 1.
        retry_after_seconds: u64,
    },
    /// 503: what is missing before work can be done.
    #[error("not ready: {0}")]
    NotReady(String),
    /// 503 or 500.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl ApiError {
    fn to_problem(&self) -> Problem {
        match self {
            Self::MalformedJson(_) => {
                Problem::new(ProblemCode::MalformedJson, "The body is not well-formed JSON.")
            }
            Self::MalformedPath => Problem::new(
                ProblemCode::MalformedPath,
                "The path has a segment of the wrong form.",
            ),
            Self::MalformedHeader(name) => Problem::new(
                ProblemCode::MalformedHeader,
                format!("The header {name} is not of the form it must have."),
            ),
            Self::NotFound => Problem::new(ProblemCode::NotFound, "There is nothing here."),
            Self::MethodNotAllowed(allow) => Problem::new(
                ProblemCode::MethodNotAllowed,
                "This resource does not know the method; Allow lists what it knows.",
            )
            .with_header(ALLOW, allow.clone()),
            Self::NotAcceptable => Problem::new(
                ProblemCode::NotAcceptable,
                "This resource is available as application/json only.",
            ),
            Self::BodyTooSlow => {
                Problem::new(ProblemCode::RequestTimeout, "The body did not arrive in time.")
            }
            Self::TaskLimitReached => Problem::new(
                ProblemCode::TaskLimitReached,
                "This account holds as many tasks as it may; delete some to add more.",
            ),
            Self::PreconditionFailed(etag) => Problem::new(
                ProblemCode::PreconditionFailed,
                "The task has changed since; ETag says what it is now.",
            )
            .with_header(ETAG, etag.clone()),
            Self::BodyTooLarge { limit } => Problem::new(
                ProblemCode::BodyTooLarge,
                format!("The body is longer than {limit} bytes."),
            ),
            Self::UnsupportedMediaType => Problem::new(
                ProblemCode::UnsupportedMediaType,
                "Send the body as Content-Type: application/json.",
            ),
            Self::Validation(errors) => Problem::new(
                ProblemCode::ValidationFailed,
                "The request breaks a rule; see errors.",
            )
            .with_errors(errors.clone()),
            Self::IdempotencyKeyReused => Problem::new(
                ProblemCode::IdempotencyKeyReused,
                "This Idempotency-Key belongs to a request with another body.",
            )
            .with_errors(vec![KEY_REUSED]),
            Self::RateLimited { retry_after_seconds } => Problem::new(
                ProblemCode::RateLimited,
                "Too many requests. Wait as long as Retry-After says.",
            )
            .with_header(RETRY_AFTER, HeaderValue::from(*retry_after_seconds)),
            Self::NotReady(missing) => {
                Problem::new(ProblemCode::NotReady, format!("Not ready: {missing}."))
                    .with_header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            Self::Db(DbError::Unavailable(_)) => Problem::new(
                ProblemCode::DatabaseUnavailable,
                "The database is not available right now. Try again shortly.",
            )
            .with_header(RETRY_AFTER, RETRY_AFTER_SECONDS),
            Self::Db(DbError::Conflict(_) | DbError::Unexpected(_)) => {
                Problem::new(ProblemCode::InternalError, "The server made a mistake.")
            }
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.to_problem().code().status()
    }

    fn error_response(&self) -> HttpResponse {
        self.to_problem().to_response()
    }
}

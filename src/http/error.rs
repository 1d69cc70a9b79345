//! The one error type of handlers and extractors, and the one place where it becomes an answer.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ETAG, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use crate::auth::AuthError;
use crate::base::problem::{FieldError, Problem, ProblemCode};
use crate::db::DbError;

/// Seconds after which a client should try again when the database is away.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// Why a request that reached its resource was not fulfilled. `Display` is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// Found out only now, by what is stored.
    #[error(transparent)]
    Auth(AuthError),
    /// Where, and nothing of what is there.
    #[error("the body is not JSON: {0}")]
    MalformedJson(String),
    #[error("a path segment cannot be read")]
    MalformedPath,
    /// The header of this name.
    #[error("the header {0} cannot be read")]
    MalformedHeader(&'static str),
    #[error("no such resource")]
    NotFound,
    /// No operation has this path, whoever asks.
    #[error("no such path")]
    NoSuchPath {
        /// Whether it ends with a slash.
        has_slash: bool,
    },
    /// With what the resource does allow.
    #[error("the method is not allowed")]
    MethodNotAllowed(HeaderValue),
    #[error("the client does not accept JSON")]
    NotAcceptable,
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    #[error("the user has as many tasks as one may have")]
    TaskLimitReached,
    #[error("the token of the feed leads nowhere any more")]
    ResyncRequired,
    /// With the current `ETag`.
    #[error("the task has changed")]
    PreconditionFailed(HeaderValue),
    /// The limit, in bytes.
    #[error("the body is longer than {0} bytes")]
    BodyTooLarge(usize),
    #[error("the body is not declared as JSON")]
    UnsupportedMediaType,
    /// With every broken rule.
    #[error("{} rule(s) broken", .0.len())]
    Validation(Vec<FieldError>),
    #[error("the idempotency key was used for another body")]
    IdempotencyKeyReused,
    /// Of a batch, all or nothing of which was to be done: which operation failed, and why.
    #[error("operation {0}: {1}")]
    Operation(usize, Box<ApiError>),
    #[error("over the rate limit")]
    RateLimited {
        /// Until the next request is welcome; at least 1.
        retry_after_seconds: u64,
    },
    #[error("too many event streams")]
    TooManyStreams,
    /// What is missing before work can be done.
    #[error("not ready: {0}")]
    NotReady(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl ApiError {
    fn code(&self) -> ProblemCode {
        match self {
            Self::Auth(error) => error.code(),
            Self::MalformedJson(_) => ProblemCode::MalformedJson,
            Self::MalformedPath => ProblemCode::MalformedPath,
            Self::MalformedHeader(_) => ProblemCode::MalformedHeader,
            Self::NotFound | Self::NoSuchPath { .. } => ProblemCode::NotFound,
            Self::MethodNotAllowed(_) => ProblemCode::MethodNotAllowed,
            Self::NotAcceptable => ProblemCode::NotAcceptable,
            Self::BodyTooSlow => ProblemCode::RequestTimeout,
            Self::TaskLimitReached => ProblemCode::TaskLimitReached,
            Self::ResyncRequired => ProblemCode::ResyncRequired,
            Self::PreconditionFailed(_) => ProblemCode::PreconditionFailed,
            Self::BodyTooLarge(_) => ProblemCode::BodyTooLarge,
            Self::UnsupportedMediaType => ProblemCode::UnsupportedMediaType,
            Self::Validation(_) => ProblemCode::ValidationFailed,
            Self::IdempotencyKeyReused => ProblemCode::IdempotencyKeyReused,
            Self::Operation(_, error) => error.code(),
            Self::RateLimited { .. } => ProblemCode::RateLimited,
            Self::TooManyStreams => ProblemCode::TooManyStreams,
            Self::NotReady(_) => ProblemCode::NotReady,
            Self::Db(DbError::Unavailable(_)) => ProblemCode::DatabaseUnavailable,
            Self::Db(DbError::Busy) => ProblemCode::RateLimited,
            Self::Db(DbError::Conflict(_) | DbError::Unexpected(_)) => ProblemCode::InternalError,
        }
    }

    /// What the table says about the code, and what this very answer names.
    pub(crate) fn to_problem(&self) -> Problem {
        if let Self::Auth(error) = self {
            return error.to_problem();
        }
        let problem = Problem::new(self.code());
        match self {
            Self::MalformedJson(where_) => {
                problem.with_detail(format!("The body is not well-formed JSON: {where_}."))
            }
            Self::NoSuchPath { has_slash: true } => {
                problem.with_detail("Not found: no path here ends with a slash.".to_owned())
            }
            Self::NoSuchPath { has_slash: false } => problem
                .with_detail("Not found: no such path; /openapi.json lists them all.".to_owned()),
            Self::MalformedHeader(name) => {
                problem.with_detail(format!("The header {name} is not of the form it must have."))
            }
            Self::MethodNotAllowed(allow) => problem.with_header(ALLOW, allow.clone()),
            Self::PreconditionFailed(etag) => problem.with_header(ETAG, etag.clone()),
            Self::BodyTooLarge(limit) => {
                problem.with_detail(format!("The body is longer than {limit} bytes."))
            }
            Self::Operation(index, error) => error.to_problem().with_operation(*index),
            Self::Validation(errors) => problem.with_errors(errors.clone()),
            Self::RateLimited { retry_after_seconds } => {
                problem.with_header(RETRY_AFTER, HeaderValue::from(*retry_after_seconds))
            }
            Self::TooManyStreams => problem.with_header(RETRY_AFTER, HeaderValue::from_static("5")),
            Self::NotReady(missing) => problem
                .with_detail(format!("Not ready: {missing}."))
                .with_header(RETRY_AFTER, RETRY_AFTER_SECONDS),
            Self::Db(DbError::Unavailable(_) | DbError::Busy) => {
                problem.with_header(RETRY_AFTER, RETRY_AFTER_SECONDS)
            }
            _ => problem,
        }
    }
}

impl ResponseError for ApiError {
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
    fn the_other_reads_of_a_user_are_that_users_limit_and_no_fault_of_the_database() {
        for (error, status) in [
            (DbError::Busy, StatusCode::TOO_MANY_REQUESTS),
            (DbError::Unavailable(String::new()), StatusCode::SERVICE_UNAVAILABLE),
        ] {
            let response = ApiError::Db(error).error_response();
            assert_eq!(response.status(), status);
            assert!(response.headers().contains_key(RETRY_AFTER));
        }
    }
}

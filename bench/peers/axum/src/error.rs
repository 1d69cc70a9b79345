//! What a request can fail with.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Answered as `{"detail": …}`.
pub enum ApiError {
    Unauthorized,
    Forbidden,
    NotFound,
    Invalid(&'static str),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "Invalid or expired token"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "Not your tasks"),
            Self::NotFound => (StatusCode::NOT_FOUND, "Task not found"),
            Self::Invalid(detail) => (StatusCode::UNPROCESSABLE_ENTITY, detail),
            Self::Database(error) => {
                eprintln!("{error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            }
        };
        (status, Json(json!({ "detail": detail }))).into_response()
    }
}

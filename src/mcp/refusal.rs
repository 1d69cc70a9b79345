//! Errors of the protocol as JSON-RPC 2.0 writes them. What the model itself can do something about is none of these: it
//! is the result of a tool, with `isError`.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::http::error::ApiError;

/// The codes of JSON-RPC 2.0 and, below -32019, of the Model Context Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    ParseError = -32700,
    InvalidRequest = -32600,
    MethodNotFound = -32601,
    InvalidParams = -32602,
    InternalError = -32603,
    HeaderMismatch = -32020,
    UnsupportedVersion = -32022,
}

impl Code {
    #[expect(clippy::as_conversions, reason = "the discriminant is the code")]
    const fn number(self) -> i32 {
        self as i32
    }
}

/// A request that was refused, or failed.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: Code,
    message: Cow<'static, str>,
    data: Option<Value>,
    /// Of the request, as far as it could be read.
    id: Option<Value>,
    /// For the log alone.
    cause: Option<ApiError>,
}

impl Refusal {
    /// With status 400.
    pub(super) fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let status = StatusCode::BAD_REQUEST;
        let message = message.into();
        Self(Box::new(Parts { status, code, message, data: None, id: None, cause: None }))
    }

    /// Of a page whose origin may not call (DNS rebinding).
    pub(crate) fn of_origin() -> Self {
        let refusal = Self::new(Code::InvalidRequest, "Pages of this origin may not call.");
        refusal.with_status(StatusCode::FORBIDDEN)
    }

    /// Of a tool that failed: its cause goes to the log, and the client gets the fixed text that goes with it.
    pub(super) fn of_failure(cause: ApiError) -> Self {
        let message = cause.to_problem().detail().to_owned();
        let status = cause.status_code();
        let mut refusal = Self::new(Code::InternalError, message).with_status(status);
        refusal.0.cause = Some(cause);
        refusal
    }

    /// With another status.
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// As the answer to a request that is well-formed.
    pub(super) fn in_band(self) -> Self {
        self.with_status(StatusCode::OK)
    }

    /// With what a program needs to know.
    pub(super) fn with_data(mut self, data: Value) -> Self {
        self.0.data = Some(data);
        self
    }

    /// As the response to the request with this id.
    pub(super) fn for_request(mut self, id: &Value) -> Self {
        self.0.id = Some(id.clone());
        self
    }

    /// The number of the code.
    #[cfg(test)]
    pub(super) fn code_for_tests(&self) -> i64 {
        self.0.code.number().into()
    }

    fn body(&self) -> Value {
        let mut error = json!({"code": self.0.code.number(), "message": self.0.message});
        if let Some(data) = &self.0.data {
            error["data"] = data.clone();
        }
        let mut body = json!({"jsonrpc": "2.0", "error": error});
        // Left out when it is not known: the protocol's schema has no `null` for it.
        if let Some(id) = &self.0.id {
            body["id"] = id.clone();
        }
        body
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Some(cause) => cause.fmt(f),
            None => write!(f, "JSON-RPC error {}: {}", self.0.code.number(), self.0.message),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.0.status);
        let cause = self.0.cause.as_ref().map(ResponseError::error_response);
        if let Some(wait) = cause.as_ref().and_then(|answer| answer.headers().get(RETRY_AFTER)) {
            builder.insert_header((RETRY_AFTER, wait.clone()));
        }
        builder.content_type(ContentType::json()).body(self.body().to_string())
    }
}

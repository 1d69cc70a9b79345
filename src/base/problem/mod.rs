//! The one wire shape of every error: problem details (RFC 9457).
//!
//! A [`Problem`] becomes a response in two steps. [`Problem::to_response`] renders it and leaves a
//! copy in the response's extensions; [`complete`], called by the outermost middleware, renders it
//! again with the request's id, which an error value cannot know.

mod code;

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;
use utoipa::ToSchema;

pub use code::ProblemCode;

/// The media type of a problem body (RFC 9457, section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

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
    operation: Option<usize>,
    is_invalid_request: bool,
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
    /// Of a batch, all or nothing of which was to be done: the index of the operation that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    operation: Option<usize>,
    /// Of a refused logout token: `invalid_request` (OpenID Connect Back-Channel Logout 1.0, section 2.8).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<&'a str>,
    /// As `detail`, beside `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error_description: Option<&'a str>,
    /// The id of the request, as in `X-Request-Id` and the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, required = true)]
    request_id: Option<&'a str>,
}

impl Problem {
    /// What the table says about this code.
    #[must_use]
    pub fn new(code: ProblemCode) -> Self {
        let row = code.row();
        Self {
            code,
            detail: Cow::Borrowed(row.detail),
            retry: row.retry.first().copied(),
            errors: row.errors.to_vec(),
            operation: None,
            is_invalid_request: false,
            headers: Vec::new(),
        }
    }

    /// Another sentence for people. It must not carry a cause, a token or a secret.
    #[must_use]
    pub fn with_detail(mut self, detail: String) -> Self {
        self.detail = Cow::Owned(detail);
        self
    }

    /// Lists the broken rules (422 only).
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Names the operation of a batch that failed, by its index.
    #[must_use]
    pub(crate) fn with_operation(mut self, index: usize) -> Self {
        self.operation = Some(index);
        self
    }

    /// Adds the members `error` (`invalid_request`) and `error_description`, which clients of OAuth's family of
    /// protocols read.
    #[must_use]
    pub(crate) fn with_oauth_error(mut self) -> Self {
        self.is_invalid_request = true;
        self
    }

    /// The sentence for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> u16 {
        self.code.status().as_u16()
    }

    /// Adds a response header, such as `WWW-Authenticate`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
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
        // Only strings and numbers go in, which serde_json always accepts.
        serde_json::to_string(&self.body(request_id)).unwrap_or_default()
    }

    /// The body as it is serialised.
    pub(crate) fn body<'a>(&'a self, request_id: Option<&'a str>) -> Body<'a> {
        let status = self.code.status();
        Body {
            r#type: format!("/problems/{}", self.code.as_str()),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &self.detail,
            code: self.code,
            retry: self.retry,
            errors: &self.errors,
            operation: self.operation,
            error: self.is_invalid_request.then_some("invalid_request"),
            error_description: self.is_invalid_request.then_some(&self.detail),
            request_id,
        }
    }
}

/// Writes `request_id` into a problem body and returns its code; any other response stays as it is.
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
    fn optional_members_are_left_out() {
        let problem = Problem::new(ProblemCode::NotFound);
        assert_eq!(
            problem.render(None),
            r#"{"type":"/problems/not_found","title":"Not Found","status":404,"detail":"Not found: there is nothing here.","code":"not_found"}"#
        );
    }
}

//! Errors: one response per status, with the codes that go with it, taken from [`ProblemCode`].

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Schema, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use super::headers::ResponseHeader;
use super::schema::{one_of, reference};
use crate::base::problem::{self, ProblemCode};

/// The schemas that errors are made of: `Problem`, and what it refers to.
pub(crate) fn problem_schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![(problem::Body::name().into_owned(), problem::Body::schema())];
    problem::Body::schemas(&mut schemas);
    schemas
}

/// Refers to the response of this status.
pub(crate) fn problem_reference(status: StatusCode) -> Ref {
    Ref::from_response_name(name(status))
}

/// Everything that `#/components/responses` holds: one response for each status that a code has.
pub(crate) fn problem_components() -> impl Iterator<Item = (String, Response)> {
    let mut by_status: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
    for code in ProblemCode::ALL {
        by_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    by_status.into_values().filter_map(|codes| {
        let status = codes.first()?.status();
        Some((name(status), response(status, &codes)))
    })
}

/// `NotFound` for 404.
fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("Error").replace(' ', "")
}

fn response(status: StatusCode, codes: &[ProblemCode]) -> Response {
    let narrowed = ObjectBuilder::new()
        .property(
            "status",
            ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status.as_u16()])),
        )
        .property("code", one_of(codes.iter().map(|code| code.as_str())));
    let schema = AllOfBuilder::new().item(reference("Problem")).item(narrowed);
    let examples = codes
        .iter()
        .map(|code| (code.as_str(), ExampleBuilder::new().value(Some(example(*code))).build()));
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
    let mut headers = vec![ResponseHeader::XRequestId];
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => {
            headers.push(ResponseHeader::WwwAuthenticate);
        }
        StatusCode::METHOD_NOT_ALLOWED => headers.push(ResponseHeader::Allow),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            headers.push(ResponseHeader::RetryAfter)
        }
        StatusCode::PRECONDITION_FAILED => headers.push(ResponseHeader::ETag),
        _ => {}
    }
    let response = ResponseBuilder::new()
        .description(description(codes))
        .content(problem::MEDIA_TYPE, content);
    headers
        .into_iter()
        .fold(response, |response, header| response.header_ref(header.name(), header.reference()))
        .build()
}

fn description(codes: &[ProblemCode]) -> String {
    let lines = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), meaning(*code).0));
    lines.collect::<Vec<_>>().join("\n\n")
}

fn example(code: ProblemCode) -> Value {
    let mut body = json!({
        "type": format!("/problems/{}", code.as_str()),
        "title": code.status().canonical_reason(),
        "status": code.status().as_u16(),
        "detail": meaning(code).1,
        "code": code.as_str(),
        "request_id": "b1946ac92492d2347c6235b4d2611184",
    });
    let retry = match code {
        ProblemCode::TokenExpired => Some("refresh"),
        ProblemCode::MissingToken | ProblemCode::InvalidToken => Some("login"),
        ProblemCode::Forbidden => Some("never"),
        _ => None,
    };
    if let Some(retry) = retry {
        body["retry"] = json!(retry);
    }
    let fault = match code {
        ProblemCode::ValidationFailed => {
            Some(("title", "blank", "A title needs at least one visible character."))
        }
        ProblemCode::IdempotencyKeyReused => Some((
            "Idempotency-Key",
            "reused",
            "A key stands for one request and its repetitions; a new request needs a new key.",
        )),
        _ => None,
    };
    if let Some((field, rule, detail)) = fault {
        body["errors"] = json!([{"field": field, "code": rule, "detail": detail}]);
    }
    body
}

/// When a code is answered, and the `detail` that goes with it.
const fn meaning(code: ProblemCode) -> (&'static str, &'static str) {
    match code {
        ProblemCode::InvalidRequest => (
            "the `Authorization` header is broken or repeated.",
            "The Authorization header must be sent once, as: Bearer <token>.",
        ),
        ProblemCode::MalformedJson => {
            ("the body is not JSON.", "The body is not well-formed JSON.")
        }
        ProblemCode::MalformedPath => {
            ("a path segment has the wrong form.", "The path has a segment of the wrong form.")
        }
        ProblemCode::MalformedHeader => (
            "`If-Match` or `Idempotency-Key` has the wrong form, or stands twice.",
            "The header Idempotency-Key is not of the form it must have.",
        ),
        ProblemCode::TaskLimitReached => (
            "the user has as many tasks as one may have.",
            "This account holds as many tasks as it may; delete some to add more.",
        ),
        ProblemCode::PreconditionFailed => (
            "`If-Match` names a state that is not the current one; `ETag` does.",
            "The task has changed since; ETag says what it is now.",
        ),
        ProblemCode::IdempotencyKeyReused => (
            "the `Idempotency-Key` belongs to a request with another body.",
            "This Idempotency-Key belongs to a request with another body.",
        ),
        ProblemCode::MissingToken => {
            ("no credentials were sent.", "This resource needs an access token.")
        }
        ProblemCode::TokenExpired => {
            ("the token was genuine once and has expired.", "The access token expired.")
        }
        ProblemCode::InvalidToken => {
            ("the token is not one this service accepts.", "The access token is invalid.")
        }
        ProblemCode::Forbidden => (
            "the user in the path is not the user of the token.",
            "The path does not belong to this user.",
        ),
        ProblemCode::NotFound => {
            ("missing, deleted and somebody else's alike.", "There is nothing here.")
        }
        ProblemCode::MethodNotAllowed => (
            "another method on this path; `Allow` lists what it knows.",
            "This resource does not know the method; Allow lists what it knows.",
        ),
        ProblemCode::NotAcceptable => {
            ("the client accepts no JSON.", "This resource is available as application/json only.")
        }
        ProblemCode::RequestTimeout => {
            ("the request's body did not arrive in time.", "The body did not arrive in time.")
        }
        ProblemCode::RateLimited => (
            "too many requests of this user, or too many refused ones from this address.",
            "Too many requests. Wait as long as Retry-After says.",
        ),
        ProblemCode::NotReady => (
            "`GET /health/ready` only: the server cannot do its work, or is stopping.",
            "Not ready: the database does not answer.",
        ),
        ProblemCode::BodyTooLarge => {
            ("the body is longer than 64 KiB.", "The body is longer than 65536 bytes.")
        }
        ProblemCode::UnsupportedMediaType => (
            "the body is not declared as JSON.",
            "Send the body as Content-Type: application/json.",
        ),
        ProblemCode::ValidationFailed => (
            "the input was read and breaks a rule; `errors` lists every fault.",
            "The request breaks a rule; see errors.",
        ),
        ProblemCode::InternalError => ("a fault of this service.", "The server made a mistake."),
        ProblemCode::DatabaseUnavailable => (
            "the database cannot be reached or is too busy.",
            "The database is not available right now. Try again shortly.",
        ),
        ProblemCode::KeysUnavailable => (
            "the key set that tokens are verified with was never loaded, or is too old.",
            "The keys to check this token with are not available right now. Try again shortly.",
        ),
    }
}

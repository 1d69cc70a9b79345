//! Errors: one response per status, with the codes that go with it, taken from [`ProblemCode`].

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AllOfBuilder, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::description::content;
use super::headers::header_reference;
use super::schema::{NamedSchema, named, one_of};
use crate::base::problem::{self, Problem, ProblemCode};

/// The schemas that errors are made of: `Problem`, and what it refers to.
pub(crate) fn problem_schemas() -> Vec<NamedSchema> {
    let mut schemas = vec![named::<problem::Body<'_>>()];
    problem::Body::schemas(&mut schemas);
    schemas
}

/// Refers to the response of this status.
pub(super) fn problem_reference(status: StatusCode) -> Ref {
    Ref::from_response_name(name(status))
}

/// Everything that `#/components/responses` holds: one response for each status that a code has.
pub(crate) fn problem_components() -> impl Iterator<Item = (String, RefOr<Response>)> {
    let mut by_status: BTreeMap<StatusCode, Vec<ProblemCode>> = BTreeMap::new();
    for code in ProblemCode::ALL {
        by_status.entry(code.status()).or_default().push(*code);
    }
    by_status.into_iter().map(|(status, codes)| (name(status), response(status, &codes).into()))
}

/// `NotFound` for 404.
fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("Error").replace(' ', "")
}

fn response(status: StatusCode, codes: &[ProblemCode]) -> Response {
    let meanings = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.when()));
    let narrowed = ObjectBuilder::new()
        .property(
            "status",
            ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status.as_u16()])),
        )
        .property("code", one_of(codes.iter().map(|code| code.as_str())));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed);
    let examples = codes.iter().map(|code| {
        let problem = Problem::new(*code);
        let body = problem.body(Some("b1946ac92492d2347c6235b4d2611184"));
        (code.as_str(), serde_json::to_value(body).unwrap_or_default())
    });
    let builder = ResponseBuilder::new()
        .description(meanings.collect::<Vec<_>>().join("\n\n"))
        .content(problem::MEDIA_TYPE, content(schema, examples))
        .header_ref("X-Request-Id", header_reference("X-Request-Id"));
    match header(status) {
        Some(name) => builder.header_ref(name, header_reference(name)).build(),
        None => builder.build(),
    }
}

/// The header that helps a client on after this status.
fn header(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Some("WWW-Authenticate")
        }
        StatusCode::METHOD_NOT_ALLOWED => Some("Allow"),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Some("Retry-After"),
        StatusCode::PRECONDITION_FAILED => Some("ETag"),
        _ => None,
    }
}

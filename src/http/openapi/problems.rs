//! Errors: one response per status, with the codes that go with it, taken from [`ProblemCode`].

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Schema, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use super::headers::ResponseHeader;
use super::schema::{one_of, reference};
use crate::base::problem::{self, Problem, ProblemCode};

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
    let lines = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.when()));
    lines.collect::<Vec<_>>().join("\n\n")
}

fn example(code: ProblemCode) -> Value {
    let problem = Problem::new(code);
    let body = problem.body(Some("b1946ac92492d2347c6235b4d2611184"));
    serde_json::to_value(body).unwrap_or_default()
}

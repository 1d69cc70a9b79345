//! One operation in the making: what a feature has to say about it.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr, Required, Response, ResponseBuilder};

use super::headers::{ResponseHeader, header_parameter};
use super::problems::problem_reference;

/// The description of one operation.
#[must_use]
pub(crate) struct Description {
    builder: OperationBuilder,
    problems: BTreeSet<u16>,
}

impl Description {
    /// `id` is the name that generated clients give to their function.
    pub(crate) fn new(tag: &str, id: &str, summary: &str, text: &str) -> Self {
        let builder = OperationBuilder::new()
            .tag(tag)
            .operation_id(Some(id))
            .summary(Some(summary))
            .description(Some(text));
        Self { builder, problems: BTreeSet::new() }
    }

    /// A parameter of the path or the query string.
    pub(crate) fn parameter(mut self, parameter: ParameterBuilder) -> Self {
        self.builder = self.builder.parameter(parameter);
        self
    }

    /// A header that the request may carry, by its name.
    pub(crate) fn header(mut self, name: &str) -> Self {
        self.builder = self.builder.parameter_ref(header_parameter(name));
        self
    }

    /// The request's body, and the errors that come with having one.
    pub(crate) fn body(mut self, body: RequestBody) -> Self {
        self.builder = self.builder.request_body(Some(body));
        self.problems([
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ])
    }

    /// A success.
    pub(crate) fn answer(mut self, status: StatusCode, answer: Answer) -> Self {
        self.builder = self.builder.response(status.as_str(), answer.0.build());
        self
    }

    /// Errors by their status.
    pub(crate) fn problems(mut self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.problems.extend(statuses.into_iter().map(|status| status.as_u16()));
        self
    }

    /// The security that an operation needs; `None` for none at all.
    pub(crate) fn security(mut self, scheme: Option<&str>) -> Self {
        let requirement = |name| utoipa::openapi::SecurityRequirement::new(name, [""; 0]);
        self.builder = self.builder.securities(Some(scheme.map(requirement)));
        self
    }

    /// The finished operation.
    pub(crate) fn build(self) -> Operation {
        let statuses = self.problems.into_iter().filter_map(|code| StatusCode::from_u16(code).ok());
        statuses
            .fold(self.builder, |builder, status| {
                builder.response(status.as_str(), problem_reference(status))
            })
            .build()
    }
}

/// A successful answer in the making.
#[must_use]
pub(crate) struct Answer(ResponseBuilder);

impl Answer {
    /// Without a body, if nothing is added. Every answer has the request's id.
    pub(crate) fn new(sentence: &str) -> Self {
        let response: Response = Response::new(sentence);
        Self(response.into()).header(ResponseHeader::XRequestId)
    }

    /// A header that this answer has.
    pub(crate) fn header(self, header: ResponseHeader) -> Self {
        Self(self.0.header_ref(header.name(), header.reference()))
    }

    /// Its body as JSON, with named examples.
    pub(crate) fn json(
        self,
        schema: impl Into<RefOr<Schema>>,
        examples: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Self {
        Self(self.0.content("application/json", content(schema, examples)))
    }

    /// What a client can go on with.
    pub(crate) fn link(self, name: &str, link: Link) -> Self {
        Self(self.0.link(name, link))
    }
}

fn content(
    schema: impl Into<RefOr<Schema>>,
    examples: impl IntoIterator<Item = (&'static str, Value)>,
) -> utoipa::openapi::Content {
    let examples = examples
        .into_iter()
        .map(|(name, value)| (name, ExampleBuilder::new().value(Some(value)).build()));
    ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build()
}

/// A request body as JSON.
pub(crate) fn json_body(
    sentence: &str,
    schema: Ref,
    required: bool,
    examples: impl IntoIterator<Item = (&'static str, Value)>,
) -> RequestBody {
    RequestBodyBuilder::new()
        .description(Some(sentence))
        .required(Some(if required { Required::True } else { Required::False }))
        .content("application/json", content(schema, examples))
        .build()
}

/// A segment of the path.
pub(crate) fn path_parameter(
    name: &str,
    sentence: &str,
    schema: impl Into<RefOr<Schema>>,
) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(sentence))
        .schema(Some(schema))
}

/// A member of the query string; none is ever required.
pub(crate) fn query_parameter(
    name: &str,
    sentence: &str,
    schema: impl Into<RefOr<Schema>>,
) -> ParameterBuilder {
    path_parameter(name, sentence, schema)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
}

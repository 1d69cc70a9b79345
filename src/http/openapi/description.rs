//! One operation in the making: what a feature says about it.

use actix_web::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::link::Link;
use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{
    Content, ContentBuilder, Ref, RefOr, Required, ResponseBuilder, SecurityRequirement,
};

use super::headers::header_reference;
use super::problems::problem_reference;

/// The description of one operation.
#[must_use]
pub(crate) struct Description(OperationBuilder);

impl Description {
    /// `id` is the name that generated clients give to their function.
    pub(crate) fn new(tag: &str, id: &str, summary: &str, text: &str) -> Self {
        let builder = OperationBuilder::new();
        let builder = builder.tag(tag).operation_id(Some(id));
        Self(builder.summary(Some(summary)).description(Some(text)))
    }

    /// Parameters of the path or the query string.
    pub(crate) fn parameters(self, parameters: impl IntoIterator<Item = ParameterBuilder>) -> Self {
        Self(parameters.into_iter().fold(self.0, OperationBuilder::parameter))
    }

    /// A header that the request may carry, by its name.
    pub(crate) fn header(self, name: &str) -> Self {
        Self(self.0.parameter_ref(Ref::new(format!("#/components/parameters/{name}"))))
    }

    /// The request's JSON body, and the errors that come with having one.
    pub(crate) fn body(
        self,
        sentence: &str,
        required: Required,
        schema: &str,
        examples: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Self {
        let body = RequestBodyBuilder::new()
            .description(Some(sentence))
            .required(Some(required))
            .content("application/json", content(Ref::from_schema_name(schema), examples));
        Self(self.0.request_body(Some(body.build()))).problems([
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ])
    }

    /// The request's body as a form, and the errors that come with having one.
    pub(crate) fn form(self, sentence: &str, schema: impl Into<RefOr<Schema>>) -> Self {
        let body = RequestBodyBuilder::new()
            .description(Some(sentence))
            .required(Some(Required::True))
            .content("application/x-www-form-urlencoded", content(schema, []));
        Self(self.0.request_body(Some(body.build()))).problems([
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
        ])
    }

    /// A success.
    pub(crate) fn response(self, status: StatusCode, response: Response) -> Self {
        Self(self.0.response(status.as_str(), response.0.build()))
    }

    /// Errors by their status.
    pub(crate) fn problems(self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        Self(statuses.into_iter().fold(self.0, |builder, status| {
            builder.response(status.as_str(), problem_reference(status))
        }))
    }

    /// The security scheme that an operation needs; `None` for none at all.
    pub(crate) fn security(self, scheme: Option<&str>) -> Self {
        let requirement = |name| SecurityRequirement::new(name, [""; 0]);
        Self(self.0.securities(Some(scheme.map(requirement))))
    }

    /// The finished operation.
    pub(crate) fn build(self) -> Operation {
        self.0.build()
    }
}

/// A successful response in the making.
#[must_use]
pub(crate) struct Response(ResponseBuilder);

impl Response {
    /// Without a body, if nothing is added. Every response has the request's id.
    pub(crate) fn new(sentence: &str) -> Self {
        Self(ResponseBuilder::new().description(sentence)).headers(["X-Request-Id"])
    }

    /// Headers that this response has, by their names.
    pub(crate) fn headers<const N: usize>(self, names: [&str; N]) -> Self {
        let refer =
            |builder: ResponseBuilder, name| builder.header_ref(name, header_reference(name));
        Self(names.into_iter().fold(self.0, refer))
    }

    /// Its body as JSON, with named examples.
    pub(crate) fn json(
        self,
        schema: impl Into<RefOr<Schema>>,
        examples: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Self {
        Self(self.0.content("application/json", content(schema, examples)))
    }

    /// Its body as another kind of text, with named examples.
    pub(crate) fn text(
        self,
        media_type: &str,
        schema: impl Into<RefOr<Schema>>,
        examples: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Self {
        Self(self.0.content(media_type, content(schema, examples)))
    }

    /// An operation that a client can go on with.
    pub(crate) fn link(self, name: &str, link: Link) -> Self {
        Self(self.0.link(name, link))
    }
}

/// A schema with named examples.
pub(super) fn content(
    schema: impl Into<RefOr<Schema>>,
    examples: impl IntoIterator<Item = (&'static str, Value)>,
) -> Content {
    let examples = examples
        .into_iter()
        .map(|(name, value)| (name, ExampleBuilder::new().value(Some(value)).build()));
    ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build()
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

/// An optional member of the query string.
pub(crate) fn query_parameter(
    name: &str,
    sentence: &str,
    schema: impl Into<RefOr<Schema>>,
) -> ParameterBuilder {
    path_parameter(name, sentence, schema)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
}

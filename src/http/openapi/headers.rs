//! The headers of requests and answers, each described once and referred to by name.

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Header, HeaderBuilder, ObjectBuilder, Ref, Required};

use super::schema::{integer, string};

/// `*`, or entity tags with commas between them.
const IF_MATCH: &str = r#"^(\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*)$"#;

/// A header of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseHeader {
    /// What the resource allows (405).
    Allow,
    /// How an answer may be kept.
    CacheControl,
    /// The file name of a download.
    ContentDisposition,
    /// The version of what was answered.
    ETag,
    /// The next page.
    Link,
    /// The URL of what was made.
    Location,
    /// Seconds until another attempt makes sense.
    RetryAfter,
    /// How to authenticate.
    WwwAuthenticate,
    /// The id of the request.
    XRequestId,
    /// How many tasks match, whatever the page.
    XTotalCount,
}

impl ResponseHeader {
    const ALL: &[Self] = &[
        Self::Allow,
        Self::CacheControl,
        Self::ContentDisposition,
        Self::ETag,
        Self::Link,
        Self::Location,
        Self::RetryAfter,
        Self::WwwAuthenticate,
        Self::XRequestId,
        Self::XTotalCount,
    ];

    /// The header as it is written.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::CacheControl => "Cache-Control",
            Self::ContentDisposition => "Content-Disposition",
            Self::ETag => "ETag",
            Self::Link => "Link",
            Self::Location => "Location",
            Self::RetryAfter => "Retry-After",
            Self::WwwAuthenticate => "WWW-Authenticate",
            Self::XRequestId => "X-Request-Id",
            Self::XTotalCount => "X-Total-Count",
        }
    }

    /// Refers to its description.
    pub(super) fn reference(self) -> Ref {
        Ref::new(format!("#/components/headers/{}", self.name()))
    }

    /// Whether it is on every answer that lists it.
    const fn always(self) -> bool {
        !matches!(self, Self::Link | Self::XTotalCount | Self::WwwAuthenticate | Self::CacheControl)
    }

    fn describe(self) -> Header {
        let text = |schema: ObjectBuilder, sentence: &str, example: &str| {
            (schema, sentence.to_owned(), serde_json::Value::from(example))
        };
        let (schema, sentence, example) = match self {
            Self::Allow => text(string(), "The methods this resource knows.", "GET, HEAD, POST"),
            Self::CacheControl => text(
                string(),
                "Answers below `/api` are private and must be revalidated.",
                "private, no-cache",
            ),
            Self::ContentDisposition => text(
                string(),
                "Makes a browser save the answer as a file.",
                "attachment; filename=\"tasks.json\"",
            ),
            Self::ETag => text(
                string().pattern(Some(r#"^"[!#-~]*"$"#)),
                "The version of what was answered, a strong entity tag. Send it back as `If-Match` or `If-None-Match`, quotes included.",
                "\"3\"",
            ),
            Self::Link => text(
                string(),
                "`rel=\"next\"` while there is another page (RFC 8288). A relative reference; follow it as it is.",
                "</api/m5nXk2/tasks?limit=20&cursor=eyJ2IjoxfQ>; rel=\"next\"",
            ),
            Self::Location => {
                text(string(), "The path of the new task.", "/api/m5nXk2/tasks/59551795828352")
            }
            Self::RetryAfter => (
                integer(0, i64::from(u32::MAX)),
                "Seconds after which another attempt makes sense.".to_owned(),
                serde_json::Value::from(2),
            ),
            Self::WwwAuthenticate => text(
                string(),
                "The challenge of RFC 6750, on every 401 and on a 400 about the `Authorization` header.",
                "Bearer realm=\"taskbridge\", error=\"invalid_token\", error_description=\"The access token expired\"",
            ),
            Self::XRequestId => text(
                string().pattern(Some("^[A-Za-z0-9._-]{1,128}$")),
                "The id of this request, as it stands in the server's log.",
                "b1946ac92492d2347c6235b4d2611184",
            ),
            Self::XTotalCount => (
                integer(0, 9_007_199_254_740_991),
                "How many tasks match the filter; only with `include_total=true`.".to_owned(),
                serde_json::Value::from(42),
            ),
        };
        // The library has no `required` for headers, which OpenAPI does.
        let required = Extensions::from_iter([("required", true)]);
        HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(sentence))
            .example(Some(example))
            .extensions(self.always().then_some(required))
            .build()
    }
}

/// Everything that `#/components/headers` holds.
pub(crate) fn header_components() -> impl Iterator<Item = (&'static str, Header)> {
    ResponseHeader::ALL.iter().map(|header| (header.name(), header.describe()))
}

/// Refers to a header that requests may carry.
pub(crate) fn header_parameter(name: &str) -> Ref {
    Ref::new(format!("#/components/parameters/{name}"))
}

/// Everything that `#/components/parameters` holds.
pub(crate) fn parameter_components() -> impl Iterator<Item = (&'static str, Parameter)> {
    [
        (
            "If-Match",
            string().pattern(Some(IF_MATCH)),
            "Change only what still has one of these tags (RFC 9110, section 13.1.1); `*` stands for any existing task. When none is current the answer is 412 with the current `ETag`, and nothing is changed. Weak tags never match.",
            "\"3\"",
        ),
        (
            "If-None-Match",
            string(),
            "The `ETag` of what the client has: 304 without a body while that is current.",
            "\"3\"",
        ),
        (
            "Idempotency-Key",
            string().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]{1,255}$")),
            "Makes a POST safe to repeat for 24 hours: the same key and body answer the first result and make no second task; the same key with another body is 422. Keys are per user.",
            "9f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
        ),
        (
            "X-Request-Id",
            string(),
            "An id of the client's own, 1 to 128 characters of `[A-Za-z0-9._-]`, for this request in the log and in the answer. Anything else is replaced by a fresh one.",
            "my-trace-17",
        ),
    ]
    .into_iter()
    .map(|(name, schema, sentence, example)| {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(sentence))
            .schema(Some(schema))
            .example(Some(example.into()));
        (name, parameter.build())
    })
}

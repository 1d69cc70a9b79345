//! The headers of requests and responses, each described once and referred to by its name.

use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, Required};

use super::schema::{integer, string};

/// Name, schema, meaning and example.
type Row = (&'static str, fn() -> ObjectBuilder, &'static str, &'static str);

/// The headers that are absent from some responses that list them.
const OPTIONAL: [&str; 4] = ["Cache-Control", "Link", "WWW-Authenticate", "X-Total-Count"];

const OF_RESPONSES: [Row; 10] = [
    ("Allow", string, "The methods this resource knows.", "GET, HEAD, POST"),
    (
        "Cache-Control",
        string,
        "Answers below `/api` are private and must be revalidated.",
        "private, no-cache",
    ),
    (
        "Content-Disposition",
        string,
        "Makes a browser save the answer as a file.",
        "attachment; filename=\"tasks.json\"",
    ),
    (
        "ETag",
        || string().pattern(Some(r#"^"[!#-~]*"$"#)),
        "The version of what was answered, a strong entity tag. Send it back as `If-Match` or `If-None-Match`, quotes included.",
        "\"3\"",
    ),
    (
        "Link",
        string,
        "`rel=\"next\"` while there is another page (RFC 8288). A relative reference; follow it as it is.",
        "</api/m5nXk2/tasks?limit=20&cursor=eyJ2IjoxfQ>; rel=\"next\"",
    ),
    ("Location", string, "The path of the new task.", "/api/m5nXk2/tasks/59551795828352"),
    (
        "Retry-After",
        || integer(0, i64::from(u32::MAX)),
        "Seconds after which another attempt makes sense.",
        "2",
    ),
    (
        "WWW-Authenticate",
        string,
        "The challenge of RFC 6750: on every 401, on a 400 about the `Authorization` header, and on a 403 about the token's scope.",
        "Bearer realm=\"taskbridge\", error=\"invalid_token\", error_description=\"The access token expired\"",
    ),
    (
        "X-Request-Id",
        || string().pattern(Some("^[A-Za-z0-9._-]{1,128}$")),
        "The id of this request, as in the server's log.",
        "b1946ac92492d2347c6235b4d2611184",
    ),
    (
        "X-Total-Count",
        || integer(0, 9_007_199_254_740_991),
        "How many tasks match the filter; only with `include_total=true`.",
        "42",
    ),
];

const OF_REQUESTS: [Row; 5] = [
    (
        "Changes-Since",
        string,
        "The token of `/changes` in the place of `since`, for pages of another origin: a browser keeps a preflight response for the whole address. `since` counts before it.",
        "3q2-7wAAAAEAAAAC",
    ),
    (
        "If-Match",
        // `*`, or entity tags separated by commas.
        || string().pattern(Some(r#"^(\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*)$"#)),
        "Change only what still has one of these tags (RFC 9110, section 13.1.1); `*` stands for any existing task. When none is current the answer is 412 with the current `ETag`, and nothing is changed. Weak tags never match.",
        "\"3\"",
    ),
    (
        "If-None-Match",
        string,
        "The `ETag` of what the client has: 304 without a body while that is current.",
        "\"3\"",
    ),
    (
        "Idempotency-Key",
        || string().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]{1,255}$")),
        "Makes a POST safe to repeat for 30 days: the same key and body answer the first result and make no second task; the same key with another body is 422. Keys are per user.",
        "9f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
    ),
    (
        "X-Request-Id",
        string,
        "An id of the client's own, 1 to 128 characters of `[A-Za-z0-9._-]`, for this request in the log and in the answer. Anything else is replaced by a fresh one.",
        "my-trace-17",
    ),
];

/// Everything that `#/components/headers` holds.
pub(crate) fn header_components() -> impl Iterator<Item = (String, RefOr<Header>)> {
    OF_RESPONSES.iter().map(|(name, schema, sentence, text)| {
        // The library has no `required` for headers, which OpenAPI does.
        let required = Extensions::from_iter([("required", true)]);
        let header = HeaderBuilder::new()
            .schema(Some(schema()))
            .description(Some(*sentence))
            .example(Some(example(text)))
            .extensions((!OPTIONAL.contains(name)).then_some(required));
        ((*name).to_owned(), header.build().into())
    })
}

/// Everything that `#/components/parameters` holds.
pub(crate) fn parameter_components() -> impl Iterator<Item = (String, RefOr<Parameter>)> {
    OF_REQUESTS.iter().map(|(name, schema, sentence, text)| {
        let parameter = ParameterBuilder::new()
            .name(*name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(*sentence))
            .schema(Some(schema()))
            .example(Some(example(text)));
        ((*name).to_owned(), parameter.build().into())
    })
}

/// A number where the header is one.
fn example(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

/// Refers to a header of a response.
pub(super) fn header_reference(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

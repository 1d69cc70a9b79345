//! The description of the whole API (OpenAPI 3.1), put together from the URL table: every operation
//! there is, with what its feature says about it and what follows from its access.

use actix_web::http::StatusCode;
use utoipa::openapi::path::{HttpMethod, PathItem, PathsBuilder};
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Server};

use crate::http::openapi::{
    Description, header_components, parameter_components, path_parameter, problem_components,
    problem_schemas, string,
};
use crate::http::operation::{Access, Operation};
use crate::server::routes::operations;
use crate::{docs, health, me, tasks};

/// The name of the security scheme.
const BEARER: &str = "bearer";

const ABOUT: &str = "\
The task API behind a Next.js + Better Auth front end.

Everything below `/api` needs `Authorization: Bearer <token>`: 401 without a valid one, 403 when `{user_id}` is not the token's \
user, whatever stands behind it. Errors are `application/problem+json` (RFC 9457) with a stable `code`. `HEAD` works wherever \
`GET` does. Answers over about 1 KiB are compressed when asked for.";

/// The whole description. The pages that show it are not part of it.
#[must_use]
pub fn document() -> OpenApi {
    let paths = operations().filter_map(|operation| Some((operation, describe(operation)?))).fold(
        PathsBuilder::new(),
        |paths, (operation, description)| match method(operation) {
            Some(method) => {
                paths.path(operation.pattern(), PathItem::new(method, description.build()))
            }
            None => paths,
        },
    );
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Taskbridge")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .build(),
        )
        // Wherever this document was fetched from.
        .servers(Some([Server::new("/")]))
        .tags(Some(TAGS.map(|(name, sentence)| {
            TagBuilder::new().name(name).description(Some(sentence)).build()
        })))
        .paths(paths)
        .components(Some(components()))
        .build()
}

const TAGS: [(&str, &str); 4] = [
    ("tasks", "What this service is for."),
    ("account", "The caller, and everything of theirs at once."),
    ("service", "Whether it works."),
    ("documentation", "This description, for programs and for people."),
];

/// What the feature says, and what follows from the access. `None` where no feature says anything.
fn describe(operation: &Operation) -> Option<Description> {
    let description = tasks::openapi::describe(operation)
        .or_else(|| me::openapi::describe(operation))
        .or_else(|| health::openapi::describe(operation))
        .or_else(|| docs::openapi::describe(operation))?;
    let description = match operation.access {
        Access::Public => description.security(None),
        Access::Authenticated => description.security(Some(BEARER)).problems(GUARDED),
        Access::Owner => description
            .parameter(path_parameter(
                "user_id",
                "The user of the token, percent-encoded. Anybody else: 403.",
                string().min_length(Some(1)).examples(["m5nXk2"]),
            ))
            .security(Some(BEARER))
            .problems(GUARDED)
            .problems([StatusCode::FORBIDDEN]),
    };
    Some(description.header("X-Request-Id").problems(ANYWHERE))
}

/// What can happen to every request.
const ANYWHERE: [StatusCode; 3] =
    [StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_ACCEPTABLE, StatusCode::INTERNAL_SERVER_ERROR];

/// What can happen to every request that needs a token.
const GUARDED: [StatusCode; 4] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::SERVICE_UNAVAILABLE,
];

fn method(operation: &Operation) -> Option<HttpMethod> {
    match operation.method.as_str() {
        "GET" => Some(HttpMethod::Get),
        "POST" => Some(HttpMethod::Post),
        "PUT" => Some(HttpMethod::Put),
        "PATCH" => Some(HttpMethod::Patch),
        "DELETE" => Some(HttpMethod::Delete),
        _ => None,
    }
}

fn components() -> Components {
    let features = [tasks::openapi::schemas(), me::openapi::schemas(), health::openapi::schemas()];
    let schemas = features.into_iter().flatten().chain(problem_schemas());
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .responses_from_iter(problem_components())
        .security_scheme(
            BEARER,
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("JWT")
                    .description(Some("What the web app gets from `GET /api/auth/token`, or `taskbridge token mint` prints."))
                    .build(),
            ),
        );
    let components = header_components()
        .fold(components, |components, (name, header)| components.header(name, header));
    parameter_components()
        .fold(components, |components, (name, parameter)| components.parameter(name, parameter))
        .build()
}

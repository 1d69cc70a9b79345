//! The description of the whole API (OpenAPI 3.1), put together from the URL table: every operation
//! there is, with what its feature says about it and what follows from its access.

use actix_web::http::{Method, StatusCode};
use utoipa::openapi::path::{HttpMethod, PathItem, PathsBuilder};
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, Server};

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
user, whatever the rest of the path is. Errors are `application/problem+json` (RFC 9457) with a stable `code`. `HEAD` works wherever \
`GET` does. Answers over about 1 KiB are compressed when asked for.";

const TAGS: [(&str, &str); 4] = [
    ("tasks", "What this service is for."),
    ("account", "The caller, and all data of the caller at once."),
    ("service", "Whether it works."),
    ("documentation", "This description, for programs and for people."),
];

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

/// The whole description. The pages that show it are not part of it.
#[must_use]
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Taskbridge")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT));
    let tag = |(name, sentence)| TagBuilder::new().name(name).description(Some(sentence)).build();
    let paths = operations()
        .filter_map(path)
        .fold(PathsBuilder::new(), |paths, (pattern, item)| paths.path(pattern, item));
    OpenApiBuilder::new()
        .info(info.build())
        // Wherever this document was fetched from.
        .servers(Some([Server::new("/")]))
        .tags(Some(TAGS.map(tag)))
        .paths(paths)
        .components(Some(components()))
        .build()
}

/// What the feature says, and what follows from the access.
fn path(operation: &Operation) -> Option<(String, PathItem)> {
    let description = (operation.describe?)();
    let description = match operation.access {
        Access::Public => description.security(None),
        Access::FrontEnd => description
            .security(None)
            .problems([StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE]),
        Access::Authenticated | Access::Assistant => guarded(description),
        Access::Owner => guarded(description)
            .parameters([path_parameter(
                "user_id",
                "The user of the token, percent-encoded. Any other user: 403.",
                string().min_length(Some(1)).examples(["m5nXk2"]),
            )])
            .problems([StatusCode::FORBIDDEN]),
    };
    let description = description.header("X-Request-Id").problems(ANYWHERE);
    let method = match operation.method {
        Method::GET => HttpMethod::Get,
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => return None,
    };
    Some((operation.pattern(), PathItem::new(method, description.build())))
}

fn guarded(description: Description) -> Description {
    description.security(Some(BEARER)).problems(GUARDED)
}

fn components() -> Components {
    let bearer =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(
            "What the web app gets from `GET /api/auth/token`, or `taskbridge token mint` prints.",
        ));
    let mut components = Components::new();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer.build()));
    components.schemas.extend(tasks::openapi::schemas());
    components.schemas.extend(me::schemas());
    components.schemas.extend(health::schemas());
    components.schemas.extend(docs::schemas());
    components.schemas.extend(problem_schemas());
    components.responses.extend(problem_components());
    components.headers.extend(header_components());
    components.parameters.extend(parameter_components());
    components
}

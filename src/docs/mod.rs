//! What answers here, and the description of the API: `GET /`, `GET /openapi.json` for programs, `GET /docs` for people.

mod page;

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header, HeaderValue, IfNoneMatch,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::http::openapi::{Description, NamedSchema, Response, named, object, reference};
use crate::http::operation::{Access, Operation};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::json(Access::Public, Method::GET, "/", || web::to(index), describe_index),
    Operation::json(
        Access::Public,
        Method::GET,
        "/openapi.json",
        || web::to(description),
        describe,
    ),
    Operation::file("/docs", || web::to(page::page)),
    Operation::file("/docs/page.js", || web::to(page::script)),
    Operation::file("/docs/swagger-ui-bundle.js", || web::to(page::bundle)),
    Operation::file("/docs/swagger-ui.css", || web::to(page::style)),
];

/// A copy may be kept, and is compared each time: a new version of the server has other files.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// A file as it is served. All responses share its bytes and its tag.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    body: Bytes,
    etag: EntityTag,
}

impl Rendered {
    /// The description, or another text.
    pub(crate) fn new(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { etag: tag_of(&body), body }
    }
}

/// What to know of a server of which one has only the address.
#[derive(Serialize, ToSchema)]
pub(crate) struct Index {
    /// Always `Taskbridge`.
    name: &'static str,
    /// The version of the server.
    version: &'static str,
    /// Where people read about the API.
    documentation: &'static str,
    /// Where programs do.
    description: &'static str,
}

impl Index {
    const HERE: Self = Self {
        name: "Taskbridge",
        version: env!("CARGO_PKG_VERSION"),
        documentation: "/docs",
        description: "/openapi.json",
    };
}

async fn index() -> HttpResponse {
    HttpResponse::Ok().json(Index::HERE)
}

/// The schema that the description refers to.
pub(crate) fn schemas() -> [NamedSchema; 1] {
    [named::<Index>()]
}

fn describe_index() -> Description {
    let response = Response::new("What answers here.")
        .json(reference("Index"), [("index", json!(Index::HERE))]);
    let text = "For a client that knows only the address.";
    Description::new("documentation", "getIndex", "What answers here", text)
        .response(StatusCode::OK, response)
}

async fn description(rendered: web::Data<Rendered>, request: HttpRequest) -> HttpResponse {
    file(&request, &mut HttpResponse::Ok(), "application/json", &rendered)
}

fn describe() -> Description {
    let headers = ["Cache-Control", "ETag"];
    let response = Response::new("An OpenAPI 3.1 document.").headers(headers).json(object(), []);
    let unchanged = Response::new("The client's copy is current.").headers(headers);
    let text = "The same as `taskbridge openapi` prints.";
    Description::new("documentation", "getDescription", "This description", text)
        .header("If-None-Match")
        .response(StatusCode::OK, response)
        .response(StatusCode::NOT_MODIFIED, unchanged)
}

/// A strong tag of these bytes. It tells whether they changed; it is no protection against forgery.
fn tag_of(body: &[u8]) -> EntityTag {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    EntityTag::new_strong(format!("{:016x}", hasher.finish()))
}

/// Answers a file, or 304 to a client that has it.
fn file(
    request: &HttpRequest,
    response: &mut HttpResponseBuilder,
    content_type: &'static str,
    Rendered { body, etag }: &Rendered,
) -> HttpResponse {
    response.insert_header((CACHE_CONTROL, REVALIDATE)).insert_header((ETAG, etag.to_string()));
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(etag)),
        Err(_) => false,
    };
    if known {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    response.insert_header((CONTENT_TYPE, content_type)).body(body.clone())
}

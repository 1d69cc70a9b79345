//! The description of the API: `GET /openapi.json` for programs, `GET /docs` for people.

pub(crate) mod openapi;
mod page;

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header, HeaderValue, IfNoneMatch,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Route, web};

use crate::http::operation::{Access, Operation, Produces};

const fn public(path: &'static str, produces: Produces, route: fn() -> Route) -> Operation {
    Operation { method: Method::GET, access: Access::Public, path, produces, route }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    public("/openapi.json", Produces::Json, || web::to(description)),
    public("/docs", Produces::File, || web::to(page::page)),
    public("/docs/page.js", Produces::File, || web::to(page::script)),
    public("/docs/swagger-ui-bundle.js", Produces::File, || web::to(page::bundle)),
    public("/docs/swagger-ui.css", Produces::File, || web::to(page::style)),
];

/// Kept, and asked for again each time: a new version of the server has other files.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// The description as it is served, rendered once when the server starts.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    body: Bytes,
    etag: EntityTag,
}

impl Rendered {
    /// From the text of the description.
    pub(crate) fn new(text: String) -> Self {
        let body = Bytes::from(text);
        Self { etag: tag_of(&body), body }
    }
}

async fn description(rendered: web::Data<Rendered>, request: HttpRequest) -> HttpResponse {
    let Rendered { body, etag } = rendered.get_ref();
    file(&request, &mut HttpResponse::Ok(), "application/json", body.clone(), etag)
}

/// A strong tag of these bytes. It says whether they changed, and is no proof against forgery.
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
    body: Bytes,
    etag: &EntityTag,
) -> HttpResponse {
    response.insert_header((CACHE_CONTROL, REVALIDATE)).insert_header((ETAG, etag.to_string()));
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(etag)),
        Err(_) => false,
    };
    if known {
        return response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish();
    }
    response.insert_header((CONTENT_TYPE, content_type)).body(body)
}

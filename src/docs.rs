//! `GET /openapi.json`: the description of the API, for programs.

pub(crate) mod openapi;

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header, HeaderValue, IfNoneMatch,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::operation::{Access, Operation, Produces};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    method: Method::GET,
    access: Access::Public,
    path: "/openapi.json",
    produces: Produces::Json,
    route: || web::to(description),
}];

/// Kept, and asked for again each time: a new version of the server has a new description.
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
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { etag: EntityTag::new_strong(format!("{:016x}", hasher.finish())), body: text.into() }
    }
}

async fn description(rendered: web::Data<Rendered>, request: HttpRequest) -> HttpResponse {
    let known = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&rendered.etag)),
        Err(_) => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((CACHE_CONTROL, REVALIDATE))
        .insert_header((ETAG, rendered.etag.to_string()));
    if known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, "application/json")).body(rendered.body.clone())
}

//! `GET /docs`: Swagger UI, from files that are part of the program, so that it works offline.
//!
//! The page runs scripts of this origin only: none inline, none from elsewhere. A token that is
//! pasted in stays in the page's memory.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use super::{file, tag_of};
use crate::http::error::ApiError;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// The page itself.
pub(super) async fn page(request: HttpRequest) -> HttpResponse {
    answer(&request, HTML, Bytes::from_static(include_bytes!("page.html")))
}

/// What starts the library on the page.
pub(super) async fn script(request: HttpRequest) -> HttpResponse {
    answer(&request, JAVASCRIPT, Bytes::from_static(include_bytes!("page.js")))
}

/// The library.
pub(super) async fn bundle(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Ok(answer(&request, JAVASCRIPT, vendored("swagger-ui-bundle.js")?))
}

/// Its style sheet.
pub(super) async fn style(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Ok(answer(&request, CSS, vendored("swagger-ui.css")?))
}

/// A file of the vendored distribution.
fn vendored(name: &str) -> Result<Bytes, ApiError> {
    let found = utoipa_swagger_ui::serve(name, Arc::new(Config::from("openapi.json")));
    let found = found.ok().flatten().ok_or(ApiError::NotFound)?;
    Ok(Bytes::from(found.bytes.into_owned()))
}

fn answer(request: &HttpRequest, content_type: &'static str, body: Bytes) -> HttpResponse {
    let etag = tag_of(&body);
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    file(request, &mut response, content_type, body, &etag)
}

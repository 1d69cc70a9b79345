//! `GET /docs`: Swagger UI, from files that are part of the program, so that it works offline.
//!
//! The page runs scripts of this origin only: none inline, none from elsewhere. A token that is
//! pasted in stays in the page's memory.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

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

static BUNDLE: LazyLock<Option<Bytes>> = LazyLock::new(|| vendored("swagger-ui-bundle.js"));
static STYLE: LazyLock<Option<Bytes>> = LazyLock::new(|| vendored("swagger-ui.css"));

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
    Ok(answer(&request, JAVASCRIPT, BUNDLE.clone().ok_or(ApiError::NotFound)?))
}

/// Its style sheet.
pub(super) async fn style(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Ok(answer(&request, CSS, STYLE.clone().ok_or(ApiError::NotFound)?))
}

/// A file of the vendored distribution. All responses share its bytes, because one of them is 1.4 MB.
fn vendored(name: &str) -> Option<Bytes> {
    let found = utoipa_swagger_ui::serve(name, Arc::new(Config::from("openapi.json")));
    Some(match found.ok().flatten()?.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    })
}

fn answer(request: &HttpRequest, content_type: &'static str, body: Bytes) -> HttpResponse {
    let etag = tag_of(&body);
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    file(request, &mut response, content_type, body, &etag)
}

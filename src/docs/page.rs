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

use super::{Rendered, file};
use crate::http::error::ApiError;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

static PAGE: LazyLock<Rendered> =
    LazyLock::new(|| Rendered::new(Bytes::from_static(include_bytes!("page.html"))));
static SCRIPT: LazyLock<Rendered> =
    LazyLock::new(|| Rendered::new(Bytes::from_static(include_bytes!("page.js"))));
static BUNDLE: LazyLock<Option<Rendered>> = LazyLock::new(|| vendored("swagger-ui-bundle.js"));
static STYLE: LazyLock<Option<Rendered>> = LazyLock::new(|| vendored("swagger-ui.css"));

/// The page itself.
pub(super) async fn page(request: HttpRequest) -> HttpResponse {
    answer(&request, HTML, &PAGE)
}

/// What starts the library on the page.
pub(super) async fn script(request: HttpRequest) -> HttpResponse {
    answer(&request, JAVASCRIPT, &SCRIPT)
}

/// The library.
pub(super) async fn bundle(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let bundle = BUNDLE.as_ref().ok_or(ApiError::NotFound)?;
    Ok(answer(&request, JAVASCRIPT, bundle))
}

/// Its style sheet.
pub(super) async fn style(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let style = STYLE.as_ref().ok_or(ApiError::NotFound)?;
    Ok(answer(&request, CSS, style))
}

/// A file of the vendored distribution.
fn vendored(name: &str) -> Option<Rendered> {
    let found = utoipa_swagger_ui::serve(name, Arc::new(Config::from("openapi.json")));
    Some(Rendered::new(match found.ok().flatten()?.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    }))
}

fn answer(request: &HttpRequest, content_type: &'static str, rendered: &Rendered) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    file(request, &mut response, content_type, rendered)
}

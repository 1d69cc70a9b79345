//! The outermost middleware: compresses longer answers for clients that ask for it (RFC 9110, section
//! 12.5.3), problems included, which are complete only outside [`crate::server::request_log`].
//!
//! A strong entity tag names bytes (section 8.8.3.3), so the compressed form of `"3"` is `"3-gzip"`.
//! Nobody else has to know: the suffix is taken off `If-Match` and `If-None-Match` again before a
//! handler sees them. One coding is enough, and gzip is the one that everybody knows.

use actix_http::encoding::Encoder;
use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    AcceptEncoding, CONTENT_LENGTH, ContentEncoding, ETAG, Encoding, Header, HeaderMap, HeaderName,
    HeaderValue, IF_MATCH, IF_NONE_MATCH, VARY,
};
use actix_web::middleware::Next;

/// Shorter answers fit into one packet as they are.
const MIN_BYTES: u64 = 1024;

/// How the tag of a compressed answer ends.
const CODED: &str = "-gzip\"";

/// See the module's documentation.
pub(crate) async fn compression<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let wanted = wants_gzip(&request);
    let headers = request.headers_mut();
    // No short circuit: both fields are to be rewritten.
    let known_coded = plain_tags(headers, IF_NONE_MATCH) | plain_tags(headers, IF_MATCH);
    let mut response = next.call(request).await?.map_into_boxed_body();
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    if known_coded && response.status() == StatusCode::NOT_MODIFIED {
        coded_tag(response.headers_mut());
    }
    if !wanted || !is_long(response.response().body().size()) {
        return Ok(response);
    }
    coded_tag(response.headers_mut());
    response.headers_mut().remove(CONTENT_LENGTH);
    Ok(response
        .map_body(|head, body| BoxBody::new(Encoder::response(ContentEncoding::Gzip, head, body))))
}

/// Whether gzip is the best that the client names. A field that cannot be read counts as absent.
fn wants_gzip(request: &ServiceRequest) -> bool {
    let supported = [Encoding::identity(), Encoding::gzip()];
    AcceptEncoding::parse(request)
        .is_ok_and(|accepted| accepted.negotiate(supported.iter()) == Some(Encoding::gzip()))
}

/// A body of unknown length is an export, which is long.
fn is_long(size: BodySize) -> bool {
    match size {
        BodySize::None => false,
        BodySize::Sized(bytes) => bytes >= MIN_BYTES,
        BodySize::Stream => true,
    }
}

/// Takes the suffix off every tag in this field. Returns whether there was one.
fn plain_tags(headers: &mut HeaderMap, name: HeaderName) -> bool {
    let rewrite = |value: &HeaderValue| {
        let text = value.to_str().ok().filter(|text| text.contains(CODED))?;
        HeaderValue::from_str(&text.replace(CODED, "\"")).ok()
    };
    let values: Vec<HeaderValue> = headers.get_all(&name).cloned().collect();
    if !values.iter().any(|value| rewrite(value).is_some()) {
        return false;
    }
    headers.remove(&name);
    for value in values {
        let value = rewrite(&value).unwrap_or(value);
        headers.append(name.clone(), value);
    }
    true
}

/// The tag of the compressed form.
fn coded_tag(headers: &mut HeaderMap) {
    let tag = headers.get(ETAG).and_then(|value| value.to_str().ok());
    let plain = tag.and_then(|text| text.strip_suffix('"')).filter(|text| text.starts_with('"'));
    if let Some(value) =
        plain.and_then(|text| HeaderValue::from_str(&format!("{text}{CODED}")).ok())
    {
        headers.insert(ETAG, value);
    }
}

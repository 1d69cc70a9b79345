//! The outermost middleware. It begins the [`Exchange`] of the connection, whose response it ends as [`Outgoing`], and
//! compresses longer responses for clients that accept gzip (RFC 9110, section 12.5.3). It stands outside [`crate::server::request_log`], which completes problem bodies.
//!
//! A strong entity tag identifies exact bytes (section 8.8.3.3), so the tag `"3"` becomes `"3-gzip"` when the
//! response is compressed. The suffix is removed from `If-Match` and `If-None-Match` before a handler sees
//! them. gzip is the only coding, because every client supports it.

use std::rc::Rc;

use actix_web::Error;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, Encoding, Header,
    HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, TRANSFER_ENCODING, VARY,
};
use actix_web::middleware::Next;

use super::connection::state::{ConnectionState, Exchange};
use super::outgoing::Outgoing;

/// Shorter bodies fit into one packet uncompressed.
const MIN_BYTES: u64 = 1024;

/// The end of the entity tag of a compressed response.
const GZIP_SUFFIX: &str = "-gzip\"";

/// See the module's documentation.
pub(crate) async fn compression<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Outgoing>, Error> {
    let exchange = begin(&request).await;
    let accepts_gzip = accepts_gzip(&request);
    let headers = request.headers_mut();
    // `|` and not `||`: both fields must be rewritten.
    let had_suffix = remove_suffix(headers, IF_NONE_MATCH) | remove_suffix(headers, IF_MATCH);
    let mut response = next.call(request).await?.map_into_boxed_body();
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    if had_suffix && response.status() == StatusCode::NOT_MODIFIED {
        add_suffix(response.headers_mut());
    }
    let is_stream = is_stream(&response);
    if let Some(exchange) = exchange.as_ref().filter(|_| is_stream) {
        exchange.note_stream();
    }
    let compress = accepts_gzip && is_long(response.response().body().size()) && !is_stream;
    if compress {
        add_suffix(response.headers_mut());
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response.map_body(|_, body| Outgoing::new(body, compress, exchange)))
}

/// The request as its connection sees it.
async fn begin(request: &ServiceRequest) -> Option<Exchange> {
    let state = Rc::clone(request.conn_data::<Rc<ConnectionState>>()?);
    let headers = request.headers();
    let has_body = headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING);
    Some(Exchange::begin(state, has_body).await)
}

/// Whether the client prefers gzip to no coding. A malformed `Accept-Encoding` counts as absent.
fn accepts_gzip(request: &ServiceRequest) -> bool {
    let supported = [Encoding::identity(), Encoding::gzip()];
    AcceptEncoding::parse(request)
        .is_ok_and(|accepted| accepted.negotiate(supported.iter()) == Some(Encoding::gzip()))
}

/// Events are sent as they come; an encoder would collect them.
fn is_stream<B>(response: &ServiceResponse<B>) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE);
    media_type.is_some_and(|media_type| media_type.as_bytes() == b"text/event-stream")
}

/// Beside events only exports have an unknown length, and those are long.
fn is_long(size: BodySize) -> bool {
    match size {
        BodySize::None => false,
        BodySize::Sized(bytes) => bytes >= MIN_BYTES,
        BodySize::Stream => true,
    }
}

/// Removes [`GZIP_SUFFIX`] from every tag of this field. Returns whether one had it.
fn remove_suffix(headers: &mut HeaderMap, name: HeaderName) -> bool {
    let rewrite = |value: &HeaderValue| {
        let text = value.to_str().ok().filter(|text| text.contains(GZIP_SUFFIX))?;
        HeaderValue::from_str(&text.replace(GZIP_SUFFIX, "\"")).ok()
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

/// Turns the response's tag into that of its compressed form.
fn add_suffix(headers: &mut HeaderMap) {
    let tag = headers.get(ETAG).and_then(|value| value.to_str().ok());
    let plain = tag.and_then(|text| text.strip_suffix('"')).filter(|text| text.starts_with('"'));
    if let Some(value) =
        plain.and_then(|text| HeaderValue::from_str(&format!("{text}{GZIP_SUFFIX}")).ok())
    {
        headers.insert(ETAG, value);
    }
}

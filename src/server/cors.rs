//! Requests from pages of other origins (Fetch standard, section 3.3). Origins are compared exactly, and credentials
//! are never allowed: the token is in a header that the page's script sets, and not in a cookie.
//!
//! The browser enforces the policy. A page whose origin is not allowed is told nothing, and so cannot read the response.

use std::sync::{Mutex, PoisonError};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use crate::config::CorsOrigins;
use crate::http::error::ApiError;
use crate::mcp::Refusal;
use crate::server::context::ServerContext;

/// The methods of all operations.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// What a page may send beside the headers that are always allowed.
const REQUEST_HEADERS: &str = "authorization, changes-since, content-type, idempotency-key, if-match, if-none-match, mcp-method, mcp-name, mcp-protocol-version, x-request-id";

/// What a page may read beside the headers that it always may.
const EXPOSED_HEADERS: &str =
    "etag, link, location, retry-after, www-authenticate, x-request-id, x-total-count";

/// The headers that a response depends on, so that a cache gives none to another origin.
const VARY_BY: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// How long a browser may cache a preflight response, in seconds.
const MAX_AGE_SECONDS: u32 = 3600;

/// How many refused origins are named in the log: clients can make up any number.
const MOST_NAMED: usize = 20;

/// The origins that were refused, each of which is named in the log once.
#[derive(Debug, Default)]
pub(super) struct RefusedOrigins(Mutex<Vec<String>>);

impl RefusedOrigins {
    fn note(&self, origin: &HeaderValue) {
        let Ok(origin) = origin.to_str() else { return };
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() < MOST_NAMED && named.iter().all(|known| known != origin) {
            named.push(origin.to_owned());
            log::warn!(
                "a page of {origin:?} may not call this API: if it is yours, add its origin to CORS_ALLOWED_ORIGINS"
            );
        }
    }
}

/// Middleware: answers preflight requests, which need no token, and adds what a page of an allowed origin must be told
/// to every other response.
pub(crate) async fn cors<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let allowed = allowed_origin(&request);
    if allowed.is_none()
        && let Some(origin) = request.headers().get(ORIGIN)
        && let Some(context) = ServerContext::of(request.request())
    {
        context.refused_origins.note(origin);
    }
    let mut response = if is_preflight(&request) {
        preflight(request, allowed.is_some()).map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static(VARY_BY));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    if let Some(origin) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    Ok(response)
}

/// Middleware around the endpoint for assistants: refuses a page whose origin is not allowed. Elsewhere the browser keeps
/// the response from such a page, but lets the request through; the Model Context Protocol asks for more, because of
/// servers that know no tokens and can be reached by rebinding a name in the DNS.
pub(crate) async fn known_origins_only<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let is_known = match request.headers().get_all(ORIGIN).count() {
        0 => true,
        1 => allowed_origin(&request).is_some(),
        _ => false,
    };
    if is_known {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let (request, _) = request.into_parts();
    Ok(ServiceResponse::from_err(Refusal::of_origin(), request).map_into_right_body())
}

/// The value of `Access-Control-Allow-Origin`; `None` without an `Origin`, or with one that is not allowed.
fn allowed_origin(request: &ServiceRequest) -> Option<HeaderValue> {
    let origin = request.headers().get(ORIGIN)?;
    match &ServerContext::of(request.request())?.cors {
        CorsOrigins::Any => Some(HeaderValue::from_static("*")),
        CorsOrigins::Exactly(origins) => origins
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes())
            .then(|| origin.clone()),
    }
}

fn is_preflight(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Lists what is allowed, whatever the browser asks for, because it compares the two itself. A method that no resource
/// knows is the one request that cannot become right.
fn preflight(request: ServiceRequest, is_allowed: bool) -> ServiceResponse<BoxBody> {
    let method = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD).map(HeaderValue::as_bytes);
    let is_known = METHODS.split(", ").any(|known| Some(known.as_bytes()) == method);
    if !is_known {
        let refusal = ApiError::MethodNotAllowed(HeaderValue::from_static(METHODS));
        return ServiceResponse::from_err(refusal, request.into_parts().0);
    }
    let mut response = HttpResponse::Ok();
    if is_allowed {
        response
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
            .insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS));
    }
    request.into_response(response.finish())
}

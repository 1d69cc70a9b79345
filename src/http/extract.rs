//! Request bodies: limited in length and time, declared as JSON or a form, and refused as problems.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::base::problem::FieldError;
use crate::http::error::ApiError;
use crate::http::unknown_members::UnknownMembers;

/// How long a client may take for its body; the server's setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyTimeout(pub(crate) Duration);

/// The timeout of a server that sets none.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest request body, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

const NOT_AN_OBJECT: FieldError =
    FieldError { field: "", code: "wrong_type", detail: "The body is a JSON object." };

/// What a JSON object may be read into.
pub(crate) trait Members: DeserializeOwned {
    /// Names the members of such a body that are unknown. It is well-formed. Only in development.
    fn note_unknown(body: &[u8], unknown: &UnknownMembers);
}

/// Who takes any member knows them all, or refuses some by itself.
impl Members for Map<String, Value> {
    fn note_unknown(_: &[u8], _: &UnknownMembers) {}
}

/// A JSON object as the request's body.
pub(crate) struct JsonObject<T>(pub(crate) T);

/// A JSON object, or no body at all.
pub(crate) struct OptionalJsonObject<T>(pub(crate) Option<T>);

/// The fields of a form; none when the body is not declared as `application/x-www-form-urlencoded`.
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl<T: Members> FromRequest for JsonObject<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload, may_be_json);
        let unknown = request.app_data::<web::Data<UnknownMembers>>().cloned();
        Box::pin(async move {
            let (bytes, declared_as_json) = body.await?;
            parse_members(&bytes, declared_as_json, unknown).map(Self)
        })
    }
}

impl<T: Members> FromRequest for OptionalJsonObject<T> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload, may_be_json);
        let unknown = request.app_data::<web::Data<UnknownMembers>>().cloned();
        Box::pin(async move {
            let (bytes, declared_as_json) = body.await?;
            if bytes.is_empty() {
                return Ok(Self(None));
            }
            parse_members(&bytes, declared_as_json, unknown).map(|object| Self(Some(object)))
        })
    }
}

impl FromRequest for Form {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload, is_form);
        Box::pin(async {
            let (bytes, is_form) = body.await?;
            let form: &[u8] = if is_form { &bytes } else { &[] };
            Ok(Self(url::form_urlencoded::parse(form).into_owned().collect()))
        })
    }
}

/// The body, and whether the media type that it is declared as is the wanted one.
fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    is_wanted: fn(Option<&str>) -> bool,
) -> impl Future<Output = Result<(Bytes, bool), ApiError>> + use<> {
    let head = check_head(request, is_wanted);
    let payload = payload.take();
    let limit = request.app_data::<web::Data<BodyTimeout>>().map_or(TIMEOUT, |limit| limit.0);
    async move {
        let is_wanted = head?;
        let bytes = timeout(limit, collect(payload)).await;
        Ok((bytes.unwrap_or(Err(ApiError::BodyTooSlow))?, is_wanted))
    }
}

/// Refuses a body by its declared length, before a byte of it is read. Returns whether its media type is wanted.
fn check_head(
    request: &HttpRequest,
    is_wanted: fn(Option<&str>) -> bool,
) -> Result<bool, ApiError> {
    let declared_length = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if declared_length.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(ApiError::BodyTooLarge(MAX_BODY_BYTES));
    }
    let Some(content_type) = request.headers().get(CONTENT_TYPE) else {
        return Ok(is_wanted(None));
    };
    let text = content_type.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Ok(is_wanted(Some(&essence)))
}

/// Without `Content-Type` the recipient decides (RFC 9110, section 8.3).
fn may_be_json(media_type: Option<&str>) -> bool {
    media_type.is_none_or(|essence| {
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    })
}

fn is_form(media_type: Option<&str>) -> bool {
    media_type == Some("application/x-www-form-urlencoded")
}

async fn collect(mut payload: Payload) -> Result<Bytes, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        // When the connection breaks off, no client is left to read this answer.
        let Ok(chunk) = chunk else {
            return Err(ApiError::MalformedJson("it broke off".to_owned()));
        };
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(ApiError::BodyTooLarge(MAX_BODY_BYTES));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn parse_members<T: Members>(
    bytes: &[u8],
    declared_as_json: bool,
    unknown: Option<web::Data<UnknownMembers>>,
) -> Result<T, ApiError> {
    let object = parse(bytes, declared_as_json)?;
    if let Some(unknown) = unknown {
        T::note_unknown(bytes, &unknown);
    }
    Ok(object)
}

/// The JSON object that a body consists of.
///
/// # Errors
/// [`ApiError::UnsupportedMediaType`], [`ApiError::MalformedJson`], or [`ApiError::Validation`] for another JSON value.
pub(crate) fn parse<T: DeserializeOwned>(
    bytes: &[u8],
    declared_as_json: bool,
) -> Result<T, ApiError> {
    if !declared_as_json {
        return Err(ApiError::UnsupportedMediaType);
    }
    // The position says enough; the library's message may quote the content.
    let malformed = |error: serde_json::Error| {
        ApiError::MalformedJson(format!("line {}, column {}", error.line(), error.column()))
    };
    if bytes.is_empty() {
        return Err(ApiError::MalformedJson("it is empty".to_owned()));
    }
    // serde would fill a struct from an array too, member by member.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(malformed)?;
        return Err(ApiError::Validation(vec![NOT_AN_OBJECT]));
    }
    serde_json::from_slice(bytes).map_err(malformed)
}

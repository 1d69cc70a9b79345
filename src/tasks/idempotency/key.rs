//! The request header `Idempotency-Key`: 1 to 255 visible ASCII characters, at most once.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::http::error::ApiError;

const HEADER: &str = "Idempotency-Key";
const MAX_CHARS: usize = 255;

/// A client's name for one request, unique among the requests of its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes the header's value as it is: quotes, if there are any, are part of the key.
    pub(in crate::tasks) fn parse(value: &[u8]) -> Option<Self> {
        let visible = value.iter().all(u8::is_ascii_graphic);
        if !visible || !(1..=MAX_CHARS).contains(&value.len()) {
            return None;
        }
        String::from_utf8(value.to_vec()).ok().map(Self)
    }

    /// As it is stored.
    pub(in crate::tasks) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key, if the request has one. A broken or repeated header is 400: to go on without it would
/// make the second task that the client meant to avoid.
pub(in crate::tasks) struct OptionalIdempotencyKey(pub(in crate::tasks) Option<IdempotencyKey>);

impl FromRequest for OptionalIdempotencyKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut fields = request.headers().get_all(HEADER);
        ready(match (fields.next(), fields.next()) {
            (None, _) => Ok(Self(None)),
            (Some(field), None) => IdempotencyKey::parse(field.as_bytes())
                .map(|key| Self(Some(key)))
                .ok_or(ApiError::MalformedHeader(HEADER)),
            _ => Err(ApiError::MalformedHeader(HEADER)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::IdempotencyKey;

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters() {
        let visible: String = ('!'..='~').collect();
        for text in ["a", "\"quoted\"", &visible, &"x".repeat(255)] {
            let key = IdempotencyKey::parse(text.as_bytes());
            assert_eq!(key.as_ref().map(IdempotencyKey::as_str), Some(text));
        }
        for text in ["", " ", "a b", "a\tb", "é", "a\0", "a\u{7f}", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(text.as_bytes()), None, "{text:?}");
        }
    }
}

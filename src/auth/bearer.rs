//! The `Authorization: Bearer` header (RFC 6750, section 2.1). A token anywhere else is ignored.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use super::error::HeaderError;
use super::refusal::AuthError;

/// The longest token that is accepted, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The text of a token from a well-formed `Authorization` header. Nothing in it is trusted yet.
#[derive(Clone, Copy)]
pub struct BearerToken<'a>(&'a str);

impl<'a> BearerToken<'a> {
    /// Reads the `Authorization` field of a request.
    ///
    /// # Errors
    /// [`AuthError::MissingCredentials`] when there is no field or another scheme,
    /// [`AuthError::Header`] when the field is repeated or malformed.
    pub fn from_headers(headers: &'a HeaderMap) -> Result<Self, AuthError> {
        let mut fields = headers.get_all(AUTHORIZATION);
        let field = fields.next().ok_or(AuthError::MissingCredentials)?;
        if fields.next().is_some() {
            return Err(HeaderError::Repeated.into());
        }
        let value = std::str::from_utf8(field.as_bytes())
            .ok()
            .filter(|value| value.is_ascii())
            .ok_or(HeaderError::NotAscii)?
            .trim_matches([' ', '\t']);
        // 1*SP (RFC 9110, section 11.4); how many there can be is bounded by the length of a request's header.
        let (scheme, credentials) = value.split_once(' ').unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(AuthError::MissingCredentials);
        }
        let token = credentials.trim_start_matches(' ');
        if token.is_empty() {
            return Err(HeaderError::NoToken.into());
        }
        Ok(Self::parse(token)?)
    }

    /// Checks the grammar `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` and the length.
    ///
    /// # Errors
    /// [`HeaderError::TooLong`] or [`HeaderError::NotB64Token`].
    pub fn parse(token: &'a str) -> Result<Self, HeaderError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(HeaderError::TooLong);
        }
        let body = token.trim_end_matches('=');
        if body.is_empty() || !is_b64token(body) {
            return Err(HeaderError::NotB64Token);
        }
        Ok(Self(token))
    }

    /// The token's text.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.0
    }
}

/// Whether every byte is allowed. The loop has no early exit, so that the compiler can vectorise it.
fn is_b64token(text: &str) -> bool {
    // The range is `-`, `.` and `/`.
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric()
            | matches!(byte, b'-'..=b'/')
            | (byte == b'_')
            | (byte == b'~')
            | (byte == b'+')
    };
    text.bytes().fold(true, |all_allowed, byte| all_allowed & allowed(byte))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn parse(fields: &[&[u8]]) -> Result<String, AuthError> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(field).unwrap());
        }
        BearerToken::from_headers(&headers).map(|token| token.as_str().to_owned())
    }

    #[test]
    fn the_scheme_is_case_insensitive() {
        for field in [&b"Bearer a.b.c"[..], b"bearer a.b.c", b"BEARER   a.b.c", b"Bearer a.b.c "] {
            assert_eq!(parse(&[field]), Ok("a.b.c".to_owned()), "{field:?}");
        }
    }

    #[test]
    fn spaces_separate_the_token_and_no_tab_does() {
        for spaces in [1, 2, 7, 60_000] {
            let field = format!("Bearer{}a.b.c", " ".repeat(spaces));
            assert_eq!(parse(&[field.as_bytes()]), Ok("a.b.c".to_owned()), "{spaces}");
        }
        assert_eq!(parse(&[b"Bearer\ta.b.c"]), Err(AuthError::MissingCredentials));
        for field in [&b"Bearer \ta.b.c"[..], b"Bearer  \ta.b.c", b"Bearer a.b.c\t d"] {
            assert_eq!(parse(&[field]), Err(HeaderError::NotB64Token.into()), "{field:?}");
        }
    }

    #[test]
    fn a_missing_field_or_another_scheme_is_missing_credentials() {
        assert_eq!(parse(&[]), Err(AuthError::MissingCredentials));
        for field in [&b"Basic YTpi"[..], b"", b"a.b.c", b"Bearer=a.b.c", b"BearerX a"] {
            assert_eq!(parse(&[field]), Err(AuthError::MissingCredentials), "{field:?}");
        }
    }

    #[test]
    fn two_fields_are_refused_even_when_equal() {
        for second in [&b"Bearer a.b.c"[..], b"Bearer d.e.f", b"Basic YTpi", b""] {
            let parsed = parse(&[b"Bearer a.b.c", second]);
            assert_eq!(parsed, Err(HeaderError::Repeated.into()), "{second:?}");
        }
    }

    #[test]
    fn a_malformed_field_differs_from_a_missing_one() {
        assert_eq!(parse(&[b"Bearer"]), Err(HeaderError::NoToken.into()));
        assert_eq!(parse(&[b"Bearer  "]), Err(HeaderError::NoToken.into()));
        for field in [
            &b"Bearer a b"[..],
            b"Bearer a,b",
            b"Bearer =",
            b"Bearer a=b",
            b"Bearer \"a\"",
            b"Bearer a\tb",
        ] {
            assert_eq!(parse(&[field]), Err(HeaderError::NotB64Token.into()), "{field:?}");
        }
        assert_eq!(parse(&[b"Bearer \xc3\xa9"]), Err(HeaderError::NotAscii.into()));
        assert_eq!(parse(&[b"Bearer \xff"]), Err(HeaderError::NotAscii.into()));
    }

    #[test]
    fn the_characters_of_a_token_are_those_of_rfc_6750() {
        for byte in 0..=0x7f {
            let character = char::from(byte);
            let is_allowed = character.is_ascii_alphanumeric() || "-._~+/".contains(character);
            let token = format!("a{character}b");
            assert_eq!(BearerToken::parse(&token).is_ok(), is_allowed, "{character:?}");
        }
    }

    #[test]
    fn the_length_limit_is_exact() {
        let longest = "a".repeat(MAX_TOKEN_BYTES);
        assert!(BearerToken::parse(&longest).is_ok());
        assert_eq!(BearerToken::parse(&(longest + "a")).err(), Some(HeaderError::TooLong));
    }
}

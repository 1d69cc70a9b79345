//! The shape of a token: a compact JWS (RFC 7515, section 7.1) whose header has only parameters that this
//! service supports. The crypto library is less strict, so all of this is checked before a key is used.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::TokenError;
use super::json::{Json, Members, parse_object};

/// A token split into its parts. The signature has not been checked.
pub(super) struct CompactJws<'a> {
    /// `alg` of the header. It is compared with the algorithm of a key, and never chooses one.
    pub(super) algorithm: String,
    /// `kid` of the header. It selects among keys that are trusted already.
    pub(super) key_id: Option<String>,
    /// The first two parts and the dot between them, which the signature covers.
    pub(super) signing_input: &'a str,
    /// The third part, in canonical base64url.
    pub(super) signature: &'a str,
    payload: &'a str,
}

impl<'a> CompactJws<'a> {
    /// Splits an access token and checks its header.
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenError> {
        Self::parse_typed(token, is_access_token)
    }

    /// As [`CompactJws::parse`], for a logout token.
    pub(super) fn parse_logout(token: &'a str) -> Result<Self, TokenError> {
        Self::parse_typed(token, is_logout_token)
    }

    fn parse_typed(token: &'a str, accepts: fn(Option<&str>) -> bool) -> Result<Self, TokenError> {
        let [header, payload, signature] = split(token)?;
        let signing_input = token.get(..header.len() + 1 + payload.len()).unwrap_or_default();
        let header = decode("header", header)?;
        let header = parse_object(&header).ok_or(TokenError::NotJsonObject("header"))?;
        decode("signature", signature)?;
        let algorithm = check_header(&header, accepts)?.to_owned();
        let key_id = header.get("kid").and_then(Json::as_str).map(str::to_owned);
        Ok(Self { algorithm, key_id, signing_input, signature, payload })
    }

    /// The claims as JSON. Call it only after the signature was verified.
    pub(super) fn payload(&self) -> Result<String, TokenError> {
        let text = String::from_utf8(decode("payload", self.payload)?);
        text.ok().ok_or(TokenError::NotJsonObject("payload"))
    }
}

/// At most six parts are counted, however many dots a token has.
fn split(token: &str) -> Result<[&str; 3], TokenError> {
    let mut parts = token.split('.');
    let first = [parts.next(), parts.next(), parts.next()];
    match (first, parts.take(3).count()) {
        ([Some(header), Some(payload), Some(signature)], 0) => Ok([header, payload, signature]),
        (_, 2) => Err(TokenError::Encrypted),
        (first, more) => Err(TokenError::PartCount(first.iter().flatten().count() + more)),
    }
}

/// `typ` is absent in many tokens, or that of a JWT (RFC 7519, section 5.1) or an access token (RFC 9068, section 2.1).
fn is_access_token(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt"))
}

/// `typ` is always there: without it an access token could be taken for one.
fn is_logout_token(typ: Option<&str>) -> bool {
    typ.is_some_and(|typ| typ.eq_ignore_ascii_case("logout+jwt"))
}

/// Returns `alg`. Refuses parameters that would change the processing (`crit`, `b64`, `zip`, `cty`) and
/// other types of token (`typ`). Ignores parameters that name a key of their own (`jwk`, `jku`, `x5u`,
/// `x5c`): only configured keys count.
fn check_header<'a>(
    header: &'a Members<'_>,
    accepts: fn(Option<&str>) -> bool,
) -> Result<&'a str, TokenError> {
    for name in ["crit", "b64", "zip", "cty"] {
        if header.contains(name) {
            return Err(TokenError::HeaderParameter(name));
        }
    }
    let typ = header.get("typ");
    if typ.is_some_and(|typ| typ.as_str().is_none()) {
        return Err(TokenError::HeaderParameter("typ"));
    }
    let typ = typ.and_then(Json::as_str);
    if !accepts(typ) {
        return Err(TokenError::Type(typ.unwrap_or_default().to_owned()));
    }
    if header.get("kid").is_some_and(|kid| kid.as_str().is_none()) {
        return Err(TokenError::HeaderParameter("kid"));
    }
    header.get("alg").and_then(Json::as_str).ok_or(TokenError::HeaderParameter("alg"))
}

/// Strict decoding: no padding, and no unused bits set in the last character. Each token then has exactly one
/// spelling.
fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, TokenError> {
    decode_base64url(text).ok_or(TokenError::NotBase64Url(part))
}

/// As [`decode`], for texts outside a token.
pub(super) fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(header: &str) -> Option<TokenError> {
        let token = format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header));
        CompactJws::parse(&token).err()
    }

    #[test]
    fn a_token_is_split_at_its_dots() {
        let token =
            format!("{}.eyJhIjoxfQ.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"1"}"#));
        let jws = CompactJws::parse(&token).unwrap();
        assert_eq!(jws.algorithm, "HS256");
        assert_eq!(jws.signature, "c2ln");
        assert_eq!(format!("{}.{}", jws.signing_input, jws.signature), token);
        assert_eq!(jws.payload(), Ok(r#"{"a":1}"#.to_owned()));
    }

    #[test]
    fn the_number_of_parts_is_exactly_three() {
        for (token, expected) in [
            ("", TokenError::PartCount(1)),
            ("e30", TokenError::PartCount(1)),
            ("e30.e30", TokenError::PartCount(2)),
            ("e30.e30..AAAA", TokenError::PartCount(4)),
            ("e30.e30.e30.e30.e30", TokenError::Encrypted),
            ("e30.e30.e30.e30.e30.e30", TokenError::PartCount(6)),
            (&".".repeat(5000), TokenError::PartCount(6)),
        ] {
            assert_eq!(CompactJws::parse(token).err(), Some(expected), "{token}");
        }
    }

    #[test]
    fn base64url_must_be_canonical() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        for (token, part) in [
            (format!("{header}=.e30.AAAA"), "header"),
            (format!("{header}.e30.AB=="), "signature"),
            (format!("{header}.e30.AB"), "signature"),
            (format!("{header}.e30.A"), "signature"),
            (format!("{header}.e30.A+AA"), "signature"),
            (format!("{header}.e30.A~AA"), "signature"),
        ] {
            assert_eq!(
                CompactJws::parse(&token).err(),
                Some(TokenError::NotBase64Url(part)),
                "{token}"
            );
        }
        // Of two faults the first is reported, and the header is checked first.
        let two_faults = CompactJws::parse("W10.e30.AB").err();
        assert_eq!(two_faults, Some(TokenError::NotJsonObject("header")));
        let bad_payload = format!("{header}.e31.AAAA");
        let refused = CompactJws::parse(&bad_payload).unwrap().payload().err();
        assert_eq!(refused, Some(TokenError::NotBase64Url("payload")));
    }

    #[test]
    fn parameters_that_change_the_processing_are_refused() {
        for (name, value) in [
            ("crit", "[]"),
            ("crit", r#"["exp"]"#),
            ("b64", "true"),
            ("b64", "false"),
            ("zip", r#""DEF""#),
            ("cty", r#""JWT""#),
            ("typ", "1"),
            ("typ", "null"),
            ("kid", "1"),
        ] {
            let header = format!(r#"{{"alg":"HS256","{name}":{value}}}"#);
            assert_eq!(refusal(&header), Some(TokenError::HeaderParameter(name)), "{header}");
        }
        for header in ["{}", r#"{"alg":null}"#, r#"{"alg":["HS256"]}"#] {
            assert_eq!(refusal(header), Some(TokenError::HeaderParameter("alg")), "{header}");
        }
    }

    #[test]
    fn embedded_keys_are_ignored() {
        for member in [
            r#""jwk":{"kty":"oct","k":"AAAA"}"#,
            r#""jku":"https://evil.example""#,
            r#""x5u":"x""#,
            r#""x5c":["x"]"#,
        ] {
            assert_eq!(refusal(&format!(r#"{{"alg":"HS256",{member}}}"#)), None, "{member}");
        }
    }

    #[test]
    fn only_the_types_of_access_tokens_are_accepted() {
        for typ in ["JWT", "jwt", "at+jwt", "AT+JWT"] {
            assert_eq!(refusal(&format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#)), None, "{typ}");
        }
        for typ in ["", "JWS", "better-auth.session-cache+jwt", "application/jwt", "JWT "] {
            let refused = refusal(&format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#));
            assert_eq!(refused, Some(TokenError::Type(typ.to_owned())));
        }
    }

    #[test]
    fn the_header_is_exactly_one_json_object() {
        for header in ["[]", "null", "{", r#"{"alg":"HS256","alg":"none"}"#, "\u{feff}{}"] {
            assert_eq!(refusal(header), Some(TokenError::NotJsonObject("header")), "{header}");
        }
    }
}

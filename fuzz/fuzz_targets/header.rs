//! Any bytes as one or two `Authorization` fields: no panic, no user.

#![no_main]

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use taskbridge::auth::{BearerToken, MAX_TOKEN_BYTES};
use taskbridge_fuzz::{NOW, VERIFIER};

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for field in data.splitn(2, |byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(field) else { return };
        headers.append(AUTHORIZATION, value);
    }
    let Ok(token) = BearerToken::from_headers(&headers) else { return };
    assert_eq!(headers.get_all(AUTHORIZATION).count(), 1);
    assert!(token.as_str().len() <= MAX_TOKEN_BYTES);
    assert!(VERIFIER.verify_at(token, NOW).is_err());
});

//! Any bytes as header and payload, parted by a line feed, under a good signature: no panic, and a
//! user only with the claims that the token contract asks for, and never a logout token too.

#![no_main]

use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use libfuzzer_sys::fuzz_target;
use taskbridge::auth::BearerToken;
use taskbridge_fuzz::{NOW, SECRET, VERIFIER};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64url(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let at = |index: usize| usize::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..=group.len() {
            text.push(char::from(ALPHABET[bits >> (18 - 6 * place) & 63]));
        }
    }
    text
}

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (header, payload) = (parts.next().unwrap_or(b""), parts.next().unwrap_or(b""));
    let header = if header.is_empty() { br#"{"alg":"HS256"}"# } else { header };
    let input = format!("{}.{}", base64url(header), base64url(payload));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = crypto::sign(input.as_bytes(), &key, Algorithm::HS256).expect("a signature");
    let token = format!("{input}.{signature}");
    let ends_a_session = VERIFIER.verify_logout_at(&token, NOW).is_ok();
    let Ok(token) = BearerToken::parse(&token) else { return };
    let Ok(user) = VERIFIER.verify_at(token, NOW) else { return };
    assert!(!ends_a_session, "both an access token and a logout token");
    let id = user.user_id().as_str();
    assert!((1..=255).contains(&id.len()) && !id.chars().any(char::is_control));
    let claims = user.claims();
    assert_eq!(claims.members()["sub"], id);
    assert!(matches!(claims.issuer(), Some("https://app.example" | "https://app.example/")));
    assert!(claims.members().contains_key("aud"));
    assert!(claims.expires_at() > NOW - 30);
});

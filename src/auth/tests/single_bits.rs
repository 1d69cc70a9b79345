//! A token has exactly one spelling. A text that differs from it in any single bit is refused, also in the
//! unused bits of a part's last base64 character.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::fixtures::{NOW, SIGNERS, VERIFIER, claims, verify};
use crate::auth::{AuthenticatedUser, BearerToken, TokenError};

/// The user of a request with these bytes after `Bearer`; `None` if it is refused or is not a valid header.
fn send(token: &[u8]) -> Option<AuthenticatedUser> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
    headers.insert(AUTHORIZATION, value);
    VERIFIER.verify_at(BearerToken::from_headers(&headers).ok()?, NOW).ok()
}

#[test]
fn every_single_bit_change_of_a_token_is_refused() {
    for signer in SIGNERS.iter() {
        let token = signer.token(&claims("user"));
        assert!(send(token.as_bytes()).is_some(), "{}", signer.algorithm);
        for place in 0..token.len() {
            for bit in 0..8 {
                let mut changed = token.clone().into_bytes();
                changed[place] ^= 1 << bit;
                assert!(send(&changed).is_none(), "{} {place} {bit}", signer.algorithm);
            }
        }
    }
}

#[test]
fn no_other_last_character_of_a_part_is_accepted() {
    let alphabet: Vec<char> =
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).collect();
    assert_eq!(alphabet.len(), 64);
    // Payloads of every length modulo 3, so that 0, 2 and 4 unused bits occur.
    for signer in SIGNERS.iter() {
        for user in ["u", "us", "use"] {
            let token = signer.token(&claims(user));
            let parts: Vec<&str> = token.split('.').collect();
            for index in 0..3 {
                let (start, last) = parts[index].split_at(parts[index].len() - 1);
                for other in alphabet.iter().filter(|other| !last.starts_with(**other)) {
                    let part = format!("{start}{other}");
                    let mut changed = parts.clone();
                    changed[index] = &part;
                    assert!(send(changed.join(".").as_bytes()).is_none(), "{part}");
                }
            }
        }
    }
}

#[test]
fn unused_bits_and_padding_are_an_encoding_error_and_not_a_bad_signature() {
    for signer in SIGNERS.iter() {
        let token = signer.token(&claims("user"));
        let refused = verify(&VERIFIER, &format!("{token}=")).unwrap_err();
        assert_eq!(refused, TokenError::NotBase64Url("signature"), "{}", signer.algorithm);
        // Every signature has a length that leaves unused bits: 32, 64 or 256 bytes.
        let (start, last) = token.split_at(token.len() - 1);
        let last = last.as_bytes()[0];
        let next = char::from(if last == b'Z' || last == b'z' { last - 1 } else { last + 1 });
        let refused = verify(&VERIFIER, &format!("{start}{next}")).unwrap_err();
        assert_eq!(refused, TokenError::NotBase64Url("signature"), "{}", signer.algorithm);
    }
}

#[test]
fn a_token_cut_short_or_made_longer_is_refused() {
    for signer in SIGNERS.iter() {
        let token = signer.token(&claims("user"));
        for length in 0..token.len() {
            assert!(send(&token.as_bytes()[..length]).is_none());
            assert!(send(&token.as_bytes()[token.len() - length..]).is_none());
        }
        for more in [".", "A", "AA", "AAAA", ".AAAA", "..", "~", "%20"] {
            assert!(send(format!("{token}{more}").as_bytes()).is_none(), "{more}");
            assert!(send(format!("{more}{token}").as_bytes()).is_none(), "{more}");
        }
    }
}

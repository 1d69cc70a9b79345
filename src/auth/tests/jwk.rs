//! One entry of a JWK Set: accepted, or ignored for the right reason.

use serde_json::{Value, json};

use super::fixtures::{SIGNERS, Signer, base64url, read_jwk, with};
use crate::auth::keys::jwk::UnusableJwk::{
    self, Algorithm, Material, Member, Private, Purpose, Symmetric, TooWeak,
};

fn jwk(algorithm: &str) -> Value {
    SIGNERS.iter().find(|signer| signer.algorithm == algorithm).map(Signer::jwk).unwrap()
}

const PUBLIC: [&str; 4] = ["EdDSA", "ES256", "RS256", "PS256"];

/// Why a good key is ignored after this change; `null` removes a member.
fn reason(algorithm: &str, change: Value) -> Option<UnusableJwk> {
    read_jwk(&with(jwk(algorithm), change)).err()
}

#[test]
fn a_good_key_of_each_algorithm_is_accepted() {
    for algorithm in PUBLIC {
        let named = read_jwk(&jwk(algorithm)).unwrap();
        assert_eq!(named.kid.as_deref(), Some(algorithm));
        for other in ["HS256", "EdDSA", "ES256", "RS256", "PS256"] {
            assert_eq!(named.key.is_for(other), other == algorithm, "{algorithm} {other}");
        }
        let message = b"any bytes";
        let signer = SIGNERS.iter().find(|signer| signer.algorithm == algorithm).unwrap();
        assert!(named.key.verifies_bytes(message, &signer.sign(message)), "{algorithm}");
    }
}

#[test]
fn optional_members_may_be_absent_and_unknown_ones_are_ignored() {
    for algorithm in ["EdDSA", "ES256", "RS256"] {
        let bare = read_jwk(&with(jwk(algorithm), json!({"kid": null, "alg": null}))).unwrap();
        assert_eq!(bare.kid, None);
        assert!(bare.key.is_for(algorithm));
    }
    let more = json!({"ext": true, "x5t": 1, "x5c": [], "exp": "never", "use": "sig"});
    for algorithm in PUBLIC {
        assert_eq!(reason(algorithm, more.clone()), None, "{algorithm}");
    }
}

#[test]
fn kty_crv_and_alg_must_match() {
    for (algorithm, change) in [
        ("EdDSA", json!({"alg": "ES256"})),
        ("EdDSA", json!({"alg": "HS256"})),
        ("EdDSA", json!({"alg": "eddsa"})),
        ("EdDSA", json!({"alg": ""})),
        ("EdDSA", json!({"crv": "X25519"})),
        ("EdDSA", json!({"crv": "Ed448"})),
        ("EdDSA", json!({"crv": null})),
        ("EdDSA", json!({"crv": "P-256"})),
        ("EdDSA", json!({"kty": "EC"})),
        ("EdDSA", json!({"kty": "okp"})),
        ("ES256", json!({"alg": "ES384"})),
        ("ES256", json!({"alg": "ECDH-ES"})),
        ("ES256", json!({"crv": "P-384"})),
        ("ES256", json!({"crv": "secp256k1"})),
        ("ES256", json!({"crv": null})),
        ("ES256", json!({"kty": "RSA"})),
        ("RS256", json!({"alg": "RS384"})),
        ("RS256", json!({"alg": "RS1"})),
        ("RS256", json!({"alg": "none"})),
        ("RS256", json!({"alg": "HS256"})),
        ("RS256", json!({"kty": "OKP"})),
        ("RS256", json!({"kty": ""})),
        ("PS256", json!({"alg": "PS512"})),
        ("PS256", json!({"alg": "RSA-OAEP"})),
    ] {
        assert_eq!(reason(algorithm, change.clone()), Some(Algorithm), "{algorithm} {change}");
    }
}

#[test]
fn a_key_for_another_purpose_is_ignored() {
    for algorithm in PUBLIC {
        for change in [
            json!({"use": "enc"}),
            json!({"use": ""}),
            json!({"use": "Sig"}),
            json!({"key_ops": []}),
            json!({"key_ops": ["sign"]}),
            json!({"key_ops": ["Verify"]}),
            json!({"key_ops": [1]}),
            json!({"key_ops": ["encrypt", "wrapKey"]}),
        ] {
            assert_eq!(reason(algorithm, change.clone()), Some(Purpose), "{algorithm} {change}");
        }
        for change in [
            json!({"use": "sig"}),
            json!({"key_ops": ["verify"]}),
            json!({"key_ops": ["sign", "verify"]}),
            json!({"use": "sig", "key_ops": ["verify"]}),
        ] {
            assert_eq!(reason(algorithm, change.clone()), None, "{algorithm} {change}");
        }
        assert_eq!(reason(algorithm, json!({"use": "sig", "key_ops": ["sign"]})), Some(Purpose));
    }
}

#[test]
fn a_key_with_private_members_is_ignored() {
    for algorithm in PUBLIC {
        assert_eq!(reason(algorithm, json!({"d": "AAAA"})), Some(Private), "{algorithm}");
        assert_eq!(reason(algorithm, json!({"d": 1})), Some(Private), "{algorithm}");
    }
    for member in ["p", "q", "dp", "dq", "qi", "oth"] {
        let published = with(jwk("RS256"), json!({ member: "AAAA" }));
        assert_eq!(read_jwk(&published).err(), Some(Private), "{member}");
    }
}

#[test]
fn a_symmetric_key_is_never_used() {
    for change in [
        json!({"kty": "oct", "k": base64url([7; 32])}),
        json!({"kty": "oct", "k": base64url([7; 32]), "alg": "HS256", "use": "sig"}),
        json!({"kty": "oct"}),
    ] {
        for algorithm in PUBLIC {
            assert_eq!(reason(algorithm, change.clone()), Some(Symmetric), "{algorithm} {change}");
        }
    }
}

#[test]
fn members_have_the_right_json_type() {
    for entry in [json!(null), json!([]), json!("key"), json!(1), json!(true)] {
        assert_eq!(read_jwk(&entry).err(), Some(Member("key")), "{entry}");
    }
    assert_eq!(read_jwk(&json!({})).err(), Some(Member("kty")));
    for (algorithm, member) in [
        ("EdDSA", "kid"),
        ("EdDSA", "kty"),
        ("EdDSA", "crv"),
        ("EdDSA", "alg"),
        ("EdDSA", "use"),
        ("EdDSA", "key_ops"),
        ("EdDSA", "x"),
        ("ES256", "x"),
        ("ES256", "y"),
        ("RS256", "n"),
        ("RS256", "e"),
    ] {
        // `with` cannot set `null`: for it that means to remove the member.
        let mut with_null = jwk(algorithm);
        with_null[member] = Value::Null;
        assert_eq!(read_jwk(&with_null).err(), Some(Member(member)), "{member}");
        for value in [json!(1), json!({}), json!(true)] {
            let change = json!({ member: value });
            assert_eq!(reason(algorithm, change), Some(Member(member)), "{member}");
        }
    }
}

#[test]
fn a_key_with_missing_or_invalid_material_is_ignored() {
    for (algorithm, member) in
        [("EdDSA", "x"), ("ES256", "x"), ("ES256", "y"), ("RS256", "n"), ("PS256", "e")]
    {
        let absent = json!({ member: null });
        assert_eq!(reason(algorithm, absent), Some(Member(member)), "{algorithm}");
        for text in ["", "=", "A", "AA==", "ab cd", "+/+/", "AB"] {
            let change = json!({ member: text });
            assert_eq!(reason(algorithm, change), Some(Material), "{algorithm} {member} {text:?}");
        }
    }
}

#[test]
fn coordinates_have_exactly_32_bytes() {
    for (algorithm, member) in [("EdDSA", "x"), ("ES256", "x"), ("ES256", "y")] {
        for length in [1, 31, 33, 64, 65] {
            let change = json!({ member: base64url(vec![1; length]) });
            assert_eq!(reason(algorithm, change), Some(Material), "{algorithm} {length}");
        }
    }
}

#[test]
fn an_rsa_modulus_has_2048_bits_or_more() {
    let modulus = |first: u8, length: usize| {
        let mut bytes = vec![0xff; length];
        bytes[0] = first;
        base64url(bytes)
    };
    let zeros = base64url([&[0; 8][..], &[0xff; 255]].concat());
    for (n, expected) in [
        (modulus(0xff, 128), Some(TooWeak)),
        (modulus(0xff, 255), Some(TooWeak)),
        (modulus(0x7f, 256), Some(TooWeak)),
        (modulus(0x00, 256), Some(TooWeak)),
        (zeros, Some(TooWeak)),
        (base64url([0; 300]), Some(TooWeak)),
        (modulus(0x80, 256), None),
        (modulus(0x00, 257), None),
        (modulus(0x01, 257), None),
        (modulus(0xff, 512), None),
    ] {
        for algorithm in ["RS256", "PS256"] {
            assert_eq!(reason(algorithm, json!({ "n": n })), expected, "{algorithm} {n}");
        }
    }
}

#[test]
fn a_point_off_the_curve_verifies_nothing() {
    let signer = SIGNERS.iter().find(|signer| signer.algorithm == "ES256").unwrap();
    let signature = signer.sign(b"message");
    for y in [[0; 32], [1; 32], [0xff; 32]] {
        let key = read_jwk(&with(signer.jwk(), json!({"y": base64url(y)}))).unwrap().key;
        for signature in [&signature[..], &[0; 64], &[1; 64], &[]] {
            assert!(!key.verifies_bytes(b"message", signature));
        }
    }
}

#[test]
fn a_weak_rsa_exponent_verifies_nothing() {
    let signer = SIGNERS.iter().find(|signer| signer.algorithm == "RS256").unwrap();
    // With the exponent 1, the padded digest would be its own signature, which needs no private key.
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"message");
    let prefix = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
    let mut padded = vec![0x00, 0x01];
    padded.resize(256 - 1 - prefix.len() - 32, 0xff);
    padded.push(0x00);
    padded.extend_from_slice(prefix);
    padded.extend_from_slice(digest.as_ref());
    assert_eq!(padded.len(), 256);
    for exponent in [&[1][..], &[0, 1], &[0], &[2], &[0xff; 256]] {
        let change = json!({"e": base64url(exponent)});
        if let Ok(named) = read_jwk(&with(signer.jwk(), change)) {
            assert!(!named.key.verifies_bytes(b"message", &padded), "{exponent:?}");
            assert!(!named.key.verifies_bytes(b"message", &signer.sign(b"message")));
        }
    }
}

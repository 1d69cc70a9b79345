//! Derives the likely cause and the fix from the verifier's error, in words for the operator of the web app and
//! the API.

use serde::Serialize;

use super::decoded::Decoded;
use super::secrets;
use crate::auth::{Accepted, HeaderError, TokenError, fingerprint};
use crate::config::{Config, SharedSecret};

/// Why a token was refused, and how to fix it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Diagnosis {
    /// The message of the verifier.
    pub(super) error: String,
    /// The likely cause.
    pub(super) cause: String,
    /// What to change.
    pub(super) fix: String,
}

/// What a diagnosis is derived from, besides the error.
pub(super) struct Case<'a> {
    pub(super) config: &'a Config,
    pub(super) decoded: &'a Decoded,
    pub(super) token: &'a str,
}

/// A cause and its fix.
type Finding = (String, String);

fn finding(cause: impl Into<String>, fix: impl Into<String>) -> Finding {
    (cause.into(), fix.into())
}

/// The diagnosis of a text that is not a b64token (RFC 6750, section 2.1).
pub(super) fn of_header(error: HeaderError, token: &str) -> Diagnosis {
    let (cause, fix) = match error {
        _ if token.is_empty() => {
            finding("there is no token", "pass it with --jwt or on standard input")
        }
        HeaderError::TooLong => finding(
            "the payload is too large, often because it contains the whole user or session",
            "make it smaller with definePayload: () => ({}), or use taskbridgeJwt of taskbridge-auth",
        ),
        _ if token.to_ascii_lowercase().starts_with("bearer ") => {
            finding("the word Bearer was copied too", "pass only the text after it")
        }
        _ => finding(
            "quotes, spaces or a line break were copied too",
            "pass the token alone: three parts of letters, digits, - and _, joined by dots",
        ),
    };
    Diagnosis { error: error.to_string(), cause, fix }
}

/// The diagnosis of a refused token.
pub(super) fn of_token(case: &Case<'_>, error: &TokenError) -> Diagnosis {
    let (cause, fix) = foreign_token(case, error).unwrap_or_else(|| match error {
        TokenError::Encrypted => finding(
            "this is an encrypted token (JWE), for instance Better Auth's session cache with strategy \"jwe\"",
            "send the token of GET /api/auth/token; no setting accepts this one, not even JWT_USER_ID_CLAIM=user.id",
        ),
        TokenError::PartCount(2) => finding(
            "this looks like Better Auth's session token, which is not a JWT",
            "send the token of GET /api/auth/token",
        ),
        TokenError::PartCount(_) => {
            finding("this is not a JWT, or only a part of one", "send the whole token of GET /api/auth/token")
        }
        TokenError::NotBase64Url(part) => finding(
            format!("the {part} was cut off, padded with = or changed in transit"),
            "send the token exactly as GET /api/auth/token returned it",
        ),
        TokenError::NotJsonObject(part) => finding(
            format!("the {part} is not a JSON object, or has two members of the same name"),
            "send a token that Better Auth issued",
        ),
        TokenError::HeaderParameter(name) => finding(
            format!("the signer sets the header parameter {name} in a way that this API does not accept"),
            format!("leave {name} out in jwt.sign (alg must be a string); taskbridgeJwt of taskbridge-auth does"),
        ),
        TokenError::Type(_) => finding(
            "the token was made for a purpose other than calling an API",
            "send the token of GET /api/auth/token, with typ JWT or none",
        ),
        TokenError::Algorithm(algorithm) => algorithm_not_configured(case, algorithm),
        TokenError::UnknownKey(kid) => finding(
            format!("the endpoint JWKS_URL lists no key {}", kid.as_deref().unwrap_or("without a kid")),
            "check that JWKS_URL belongs to the app that issued the token; after a rotation sign in again",
        ),
        TokenError::KeysNotLoaded { .. } | TokenError::KeyNotFetched { .. } => finding(
            "no key could be fetched from JWKS_URL",
            "open JWKS_URL in a browser, then run taskbridge doctor",
        ),
        TokenError::Signature => wrong_signature(case),
        TokenError::Expired { seconds } => expired(case, *seconds),
        TokenError::NotYetValid { seconds } | TokenError::IssuedInFuture { seconds } => finding(
            format!("the clock of the issuer is about {seconds} s ahead of this one"),
            "synchronise both clocks with NTP; JWT_LEEWAY_SECONDS tolerates up to 300 s",
        ),
        TokenError::Issuer(issuer) => origin_differs(case, "iss", std::slice::from_ref(issuer), &case.config.issuer),
        TokenError::Audience(audiences) => origin_differs(case, "aud", audiences, &case.config.audience),
        TokenError::MissingClaim(name) => missing(name),
        TokenError::ClaimType(name) => finding(
            format!("definePayload or jwt.sign sets {name} with the wrong JSON type"),
            format!("let Better Auth set {name}: remove it from definePayload and jwt.sign"),
        ),
        TokenError::NoSession(claim) => finding(
            format!("the web app does not put {claim} into its tokens, and REQUIRE_SESSION is on"),
            format!("add {claim} in definePayload as taskbridgeJwt does, or set REQUIRE_SESSION=off"),
        ),
        TokenError::SessionId => finding(
            "the session id is no text, is empty, longer than 255 bytes or holds a control character",
            "set it to session.id in definePayload, or set JWT_SESSION_CLAIM to another claim or to off",
        ),
        TokenError::SessionRevoked => finding(
            "the user has signed out, or was banned, and the web app has said so",
            "sign in again and take a new token",
        ),
        TokenError::AccountErased => finding(
            "everything of this user was erased, as when an account is deleted",
            "sign up again: the new account has another user id",
        ),
        TokenError::UserId => finding(
            "the user id is empty, longer than 255 bytes or holds a control character",
            "check advanced.database.generateId in Better Auth, and JWT_USER_ID_CLAIM",
        ),
    });
    Diagnosis { error: error.to_string(), cause, fix }
}

/// Better Auth signs other tokens with the same secret. Their claims give them away.
fn foreign_token(case: &Case<'_>, error: &TokenError) -> Option<Finding> {
    const FIX: &str = "send the token of GET /api/auth/token instead";
    let payload = &case.decoded.payload;
    let has = |name: &str| payload.contains_key(name);
    let by_type =
        matches!(error, TokenError::Type(typ) if typ.starts_with("better-auth.session-cache"));
    let cause = "this is Better Auth's session-cache cookie, which is not for APIs";
    if by_type {
        return Some(finding(
            cause,
            format!("{FIX}; its typ is refused whatever the settings are"),
        ));
    }
    if has("session") && has("user") && !has("aud") {
        return Some(finding(
            cause,
            format!(
                "{FIX}. JWT_USER_ID_CLAIM=user.id with JWT_ISSUER=any and JWT_AUDIENCE=any would accept it, but it carries the \
                 session itself, and the links in e-mails would be told apart by no claim but that one"
            ),
        ));
    }
    if has("email") && !has("sub") && !has("aud") {
        return Some(finding("this is the token of an e-mail verification link", FIX));
    }
    None
}

fn algorithm_not_configured(case: &Case<'_>, algorithm: &str) -> Finding {
    let jwks = format!("{}/api/auth/jwks", case.config.app_origin);
    match algorithm {
        "EdDSA" | "ES256" | "RS256" | "PS256" => finding(
            format!("signed with {algorithm}, but only the shared secret is configured"),
            format!("set JWKS_URL={jwks}, or use taskbridgeJwt of taskbridge-auth"),
        ),
        "HS256" => finding(
            "signed with HS256, but only JWKS_URL is configured",
            "set BETTER_AUTH_SECRET to the secret of the app that issued it",
        ),
        "none" => finding("the token is not signed at all", "send a token that Better Auth issued"),
        "ES512" | "ES384" | "RS384" | "RS512" | "PS384" | "PS512" => finding(
            format!("this API does not verify {algorithm}"),
            "set jwks.keyPairConfig.alg to EdDSA, ES256, RS256 or PS256 in Better Auth",
        ),
        other => finding(
            format!("this API does not verify {other:?}"),
            "use HS256 with the shared secret, or EdDSA, ES256, RS256 or PS256 with JWKS_URL",
        ),
    }
}

fn wrong_signature(case: &Case<'_>) -> Finding {
    let algorithm = case.decoded.header.get("alg").and_then(|alg| alg.as_str());
    if algorithm != Some("HS256") {
        return finding(
            "the token was changed after it was signed, or another key with the same kid signed it",
            "send the token exactly as it was issued, and check that JWKS_URL belongs to its issuer",
        );
    }
    for SharedSecret { label, secret, .. } in &case.config.keys.secrets {
        if let Some(mistake) = secrets::signing_mistake(secret, case.token) {
            return finding(
                format!("the web app signs with {label} {mistake}"),
                "sign with the raw UTF-8 bytes of the text: new TextEncoder().encode(secret)",
            );
        }
    }
    if secrets::is_signed_with_public_default(case.token) {
        return finding(
            "signed with Better Auth's public default secret: the web app runs without BETTER_AUTH_SECRET",
            "set BETTER_AUTH_SECRET in the web app too, and restart it",
        );
    }
    let own: Vec<String> = (case.config.keys.secrets.iter())
        .map(|shared| format!("{} {}", shared.label, fingerprint(&shared.secret)))
        .collect();
    finding(
        "signed with another secret, or changed after it was signed",
        format!(
            "compare the fingerprints that both sides print at start; here: {}",
            own.join(", ")
        ),
    )
}

fn expired(case: &Case<'_>, seconds: i64) -> Finding {
    let lifetime = case.decoded.seconds("exp").zip(case.decoded.seconds("iat")).map(|(e, i)| e - i);
    if case.decoded.seconds("exp").is_some_and(|exp| exp < 1_000_000_000) {
        return finding(
            "exp is before 2002: expirationTime was given as a number, which Better Auth reads as a date",
            "write it as a string with a unit: expirationTime: \"15m\"",
        );
    }
    match lifetime {
        Some(lifetime) if lifetime <= 0 => finding(
            "the token expired before it was issued",
            "write expirationTime as a string with a unit, such as \"15m\"",
        ),
        _ => finding(
            format!("the token is too old by {seconds} s, or this clock is ahead by that much"),
            "fetch a new one from GET /api/auth/token; if that is refused too, synchronise both clocks with NTP",
        ),
    }
}

fn origin_differs(case: &Case<'_>, name: &str, got: &[String], accepted: &Accepted) -> Finding {
    let variable = if name == "iss" { "JWT_ISSUER" } else { "JWT_AUDIENCE" };
    let Accepted::OneOf(expected) = accepted else {
        return finding(format!("{name} is not accepted"), format!("check {variable}"));
    };
    let same = |change: fn(&str) -> String| {
        got.iter().any(|value| expected.iter().any(|wanted| change(value) == change(wanted)))
    };
    let reason = if same(|value| value.trim_end_matches('/').to_owned()) {
        "has more than one trailing slash"
    } else if same(|value| value.to_ascii_lowercase()) {
        "differs in upper and lower case"
    } else if same(|value| value.replacen("https://", "http://", 1)) {
        "differs in http and https"
    } else if same(|value| value.replacen("127.0.0.1", "localhost", 1)) {
        "differs in localhost and 127.0.0.1, which are different origins"
    } else if same(|value| value.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")) {
        "has a path after the origin"
    } else {
        "names another app"
    };
    finding(
        format!("{name} {got:?} {reason}; accepted is {}", expected.join(", ")),
        format!(
            "set BETTER_AUTH_URL to the same address on both sides (here {}), or add the value to {variable}",
            case.config.app_origin
        ),
    )
}

fn missing(name: &str) -> Finding {
    let fix = match name {
        "exp" => "set expirationTime: \"15m\" in jwt({ jwt: { … } })".to_owned(),
        "iss" => "set issuer in jwt({ jwt: { … } }), or JWT_ISSUER=any here".to_owned(),
        "aud" => "set audience in jwt({ jwt: { … } }), or JWT_AUDIENCE=any here".to_owned(),
        "sub" => "do not override sub in getSubject or jwt.sign, or name the claim with JWT_USER_ID_CLAIM".to_owned(),
        other => format!("add {other} in definePayload, or change JWT_USER_ID_CLAIM"),
    };
    finding(format!("the issuer leaves out {name}, or another program made the token"), fix)
}

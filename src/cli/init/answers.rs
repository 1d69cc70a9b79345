//! What makes an answer right.

use url::Url;

use crate::auth::{FetchJwks, HttpJwks};
use crate::cli::doctor::fix_of;
use crate::config::{jwks_url, origin_of};

/// How the front end signs its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signing {
    /// HS256 with a secret that both sides know.
    SharedSecret,
    /// A key pair, whose public half is fetched.
    Jwks,
}

impl Signing {
    /// As in the flag, and in the front end.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SharedSecret => "shared-secret",
            Self::Jwks => "jwks",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let both = [Self::SharedSecret, Self::Jwks];
        let found = both.into_iter().find(|signing| signing.name() == text);
        found.ok_or_else(|| {
            format!(
                "is neither shared-secret (HS256 with BETTER_AUTH_SECRET) nor jwks (EdDSA, ES256, RS256 or PS256), but {text:?}"
            )
        })
    }
}

/// The origin of the front end: what its tokens name as issuer and audience.
pub(super) fn front_end(text: &str) -> Result<String, String> {
    let origin = origin_of(text)
        .ok_or_else(|| format!("is no address such as http://localhost:3000, but {text:?}"))?;
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "has something after the origin, which tokens do not name: write {origin}"
        ));
    }
    Ok(origin)
}

/// A port to listen on.
pub(super) fn port(text: &str) -> Result<String, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok(port.to_string()),
        Err(error) => Err(format!("is no port, but {text:?}: {error}")),
    }
}

/// An address that keys may be fetched from.
pub(super) fn key_set(text: &str) -> Result<String, String> {
    jwks_url(text).map_err(str::to_owned)
}

/// What keeps the keys from being fetched now.
pub(super) fn unfetched(url: &str) -> Option<String> {
    match HttpJwks::new(url).fetch() {
        Err(error) => Some(format!("gives no keys now ({error}): {}", fix_of(&error))),
        Ok(fetched) if fetched.keys.is_empty() => Some(
            "lists no key yet: Better Auth makes its first one with the first token".to_owned(),
        ),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_end_is_an_origin() {
        for (text, origin) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://App.example/", "https://app.example"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
        ] {
            assert_eq!(front_end(text).as_deref(), Ok(origin));
        }
        for text in ["", "localhost:3000", "ftp://a", "app.example", "http://", "http://u:p@a"] {
            let wrong = front_end(text).unwrap_err();
            assert!(wrong.starts_with("is no address such as"), "{text}: {wrong}");
        }
        for end in ["app", "?a=1", "#a", "api/auth/"] {
            let wrong = front_end(&format!("http://a:1/{end}")).unwrap_err();
            assert!(wrong.ends_with("write http://a:1"), "{end}: {wrong}");
        }
    }

    #[test]
    fn there_are_two_ways_of_signing() {
        for signing in [Signing::SharedSecret, Signing::Jwks] {
            assert_eq!(Signing::parse(signing.name()), Ok(signing));
        }
        for text in ["", "HS256", "JWKS", "shared secret"] {
            assert!(Signing::parse(text).unwrap_err().contains("neither"), "{text}");
        }
    }
}

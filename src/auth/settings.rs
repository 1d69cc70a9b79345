//! What a verifier accepts. The code that builds the verifier supplies the values; `auth` never reads the
//! environment.

use std::sync::Arc;

use super::error::TokenError;
use super::json::{Json, Members};
use super::keys::key_source::KeySources;
use super::revocations::Revocations;
use super::session::SessionRule;

/// The rules and keys of a [`super::TokenVerifier`].
#[derive(Debug)]
pub struct AuthSettings {
    /// The keys that signatures are verified with.
    pub keys: KeySources,
    /// Accepted values of `iss`.
    pub issuer: Accepted,
    /// Accepted values of `aud`; one match is enough.
    pub audience: Accepted,
    /// The claim with the user id.
    pub user_id_claim: ClaimPath,
    /// The claim with the session's id.
    pub session: SessionRule,
    /// The tokens that count no more, although they have not expired.
    pub revocations: Arc<Revocations>,
    /// The tolerated difference between the issuer's clock and this one, in seconds.
    pub leeway_seconds: u32,
}

/// The accepted values of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The check is off: any value is accepted, and none.
    Any,
    /// The claim is required and must be one of these. One trailing slash is ignored on both sides.
    OneOf(Vec<String>),
}

impl Accepted {
    /// The claim is required and must be one of `values`.
    pub fn one_of<I: IntoIterator<Item = S>, S: AsRef<str>>(values: I) -> Self {
        let trimmed = |value: S| without_slash(value.as_ref()).to_owned();
        Self::OneOf(values.into_iter().map(trimmed).collect())
    }

    /// Whether the claim may have this value.
    #[must_use]
    pub fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(values) => values.iter().any(|accepted| accepted == without_slash(value)),
        }
    }

    pub(super) fn is_required(&self) -> bool {
        matches!(self, Self::OneOf(_))
    }
}

fn without_slash(value: &str) -> &str {
    value.strip_suffix('/').unwrap_or(value)
}

/// The place of a claim in the payload: one name, or the names of nested objects joined by dots (`user.id`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// The registered claim `sub` (RFC 7519, section 4.1.2).
    #[must_use]
    pub fn subject() -> Self {
        Self(vec!["sub".to_owned()])
    }

    /// Parses a dotted path. `None` when a name is empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let names: Vec<String> = text.split('.').map(str::to_owned).collect();
        names.iter().all(|name| !name.is_empty()).then_some(Self(names))
    }

    /// The value there; `None` when it is absent.
    ///
    /// # Errors
    /// [`TokenError::ClaimType`] when there is something else than an object on the way.
    pub(super) fn find<'m, 'j>(
        &self,
        members: &'m Members<'j>,
    ) -> Result<Option<&'m Json<'j>>, TokenError> {
        let mut names = self.0.iter();
        let mut value = names.next().and_then(|name| members.get(name));
        for name in names {
            value = match value {
                Some(Json::Object(inner)) => inner.get(name),
                Some(_) => return Err(TokenError::ClaimType(self.to_string())),
                None => None,
            };
        }
        Ok(value)
    }
}

impl std::fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_slash_makes_no_difference_on_either_side() {
        for accepted in ["https://a.example", "https://a.example/"] {
            let rule = Accepted::one_of([accepted]);
            assert!(rule.accepts("https://a.example") && rule.accepts("https://a.example/"));
            for other in [
                "https://a.example//",
                "https://A.example",
                "http://a.example",
                "",
                "https://a.example/x",
            ] {
                assert!(!rule.accepts(other), "{other}");
            }
        }
    }

    #[test]
    fn a_claim_path_has_no_empty_name() {
        assert_eq!(ClaimPath::parse("sub"), Some(ClaimPath::subject()));
        assert_eq!(ClaimPath::parse("user.id").unwrap().0, ["user", "id"]);
        for text in ["", ".", "user.", ".id", "user..id"] {
            assert_eq!(ClaimPath::parse(text), None, "{text}");
        }
    }
}

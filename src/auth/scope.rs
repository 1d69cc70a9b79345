//! What a token may be used for (RFC 6749, section 3.3; in a JWT: RFC 9068, section 2.2.3). A token without the claim
//! `scope` is for everything, as those of the web app are. One with it is for what it names, and for nothing else.

use actix_web::http::Method;

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `tasks:read`, for the methods that change nothing.
    Read,
    /// `tasks:write`, for all others. It does not include `tasks:read`.
    Write,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// What a request with this method needs: only safe methods read (RFC 9110, section 9.2.1).
    #[must_use]
    pub fn needed_for(method: &Method) -> Self {
        if method.is_safe() { Self::Read } else { Self::Write }
    }

    /// The name in a token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "tasks:read",
            Self::Write => "tasks:write",
        }
    }
}

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes {
    reads: bool,
    writes: bool,
}

impl Scopes {
    /// Of a token that does not say.
    pub(super) const EVERYTHING: Self = Self { reads: true, writes: true };

    /// The names in the claim, separated by spaces. Those of other services say nothing here.
    pub(super) fn parse(claim: &str) -> Self {
        let names = |scope: Scope| claim.split(' ').any(|name| name == scope.as_str());
        Self { reads: names(Scope::Read), writes: names(Scope::Write) }
    }

    /// Whether it may be used for this.
    #[must_use]
    pub fn allows(self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.reads,
            Scope::Write => self.writes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_count() {
        for (claim, reads, writes) in [
            ("tasks:read", true, false),
            ("tasks:write", false, true),
            ("tasks:write tasks:read", true, true),
            ("openid tasks:read  email", true, false),
            ("", false, false),
            ("tasks", false, false),
            ("tasks:*", false, false),
            ("tasks:reader", false, false),
            ("Tasks:Read", false, false),
            ("tasks:read,tasks:write", false, false),
            ("tasks:read\ttasks:write", false, false),
        ] {
            let scopes = Scopes::parse(claim);
            assert_eq!(scopes, Scopes { reads, writes }, "{claim:?}");
            assert_eq!(scopes.allows(Scope::Read), reads);
            assert_eq!(scopes.allows(Scope::Write), writes);
        }
    }

    #[test]
    fn an_unknown_method_needs_what_a_write_does() {
        for (name, needed) in [
            ("GET", Scope::Read),
            ("HEAD", Scope::Read),
            ("OPTIONS", Scope::Read),
            ("POST", Scope::Write),
            ("PUT", Scope::Write),
            ("PATCH", Scope::Write),
            ("DELETE", Scope::Write),
            ("BREW", Scope::Write),
        ] {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(Scope::needed_for(&method), needed, "{name}");
        }
    }
}

//! The table of all errors: each code once, with everything that is fixed about it. The answers and the
//! API's description (OpenAPI) both read it.

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{FieldError, Retry};

/// What is fixed about a code.
pub(super) struct Row {
    name: &'static str,
    status: StatusCode,
    when: &'static str,
    /// The sentence of the answer. Where an answer names a header, a number or a path that no operation has, this is an example.
    pub(super) detail: &'static str,
    /// At most one.
    pub(super) retry: &'static [Retry],
    /// The broken rules. Where an answer lists its own, this is an example.
    pub(super) errors: &'static [FieldError],
}

macro_rules! problems {
    ($($code:ident = $name:tt, $status:ident {
        when: $when:literal,
        detail: $detail:literal,
        $(retry: $retry:ident,)?
        $(error: ($field:literal, $rule:literal, $sentence:literal),)?
    })+) => {
        /// The stable, machine-readable name of a problem. Clients branch on it; `detail` may be reworded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
        pub enum ProblemCode {
            $(
                #[doc = concat!(stringify!($status), ": ", $when)]
                #[serde(rename = $name)]
                $code,
            )+
        }

        impl ProblemCode {
            /// Every code, for documentation and tests.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            pub(super) const fn row(self) -> &'static Row {
                match self {
                    $(Self::$code => &Row {
                        name: $name,
                        status: StatusCode::$status,
                        when: $when,
                        detail: $detail,
                        retry: &[$(Retry::$retry)?],
                        errors: &[$(FieldError { field: $field, code: $rule, detail: $sentence })?],
                    },)+
                }
            }
        }
    };
}

problems! {
    InvalidRequest = "invalid_request", BAD_REQUEST {
        when: "the `Authorization` header is broken or repeated.",
        detail: "The Authorization header must be sent once, as: Bearer <token>.",
    }
    MalformedJson = "malformed_json", BAD_REQUEST {
        when: "the body is not JSON.",
        detail: "The body is not well-formed JSON: line 1, column 2.",
    }
    MalformedPath = "malformed_path", BAD_REQUEST {
        when: "a path segment has the wrong form.",
        detail: "The path has a segment of the wrong form.",
    }
    MalformedHeader = "malformed_header", BAD_REQUEST {
        when: "`If-Match` or `Idempotency-Key` has the wrong form, or is repeated.",
        detail: "The header Idempotency-Key is not of the form it must have.",
    }
    MissingToken = "missing_token", UNAUTHORIZED {
        when: "no credentials were sent.",
        detail: "This resource needs an access token: send it as Authorization: Bearer <token>.",
        retry: Login,
    }
    TokenExpired = "token_expired", UNAUTHORIZED {
        when: "the token was genuine once and has expired.",
        detail: "The access token expired.",
        retry: Refresh,
    }
    InvalidToken = "invalid_token", UNAUTHORIZED {
        when: "the token is not one this service accepts.",
        detail: "The access token is invalid.",
        retry: Login,
    }
    SessionRevoked = "session_revoked", UNAUTHORIZED {
        when: "the session that the token was issued for has ended, by a sign-out or a ban.",
        detail: "The session has ended.",
        retry: Login,
    }
    AccountErased = "account_erased", UNAUTHORIZED {
        when: "everything of this user was erased.",
        detail: "The account was erased.",
        retry: Login,
    }
    InvalidLogoutToken = "invalid_logout_token", BAD_REQUEST {
        when: "`POST /backchannel-logout` only: the logout token is not one this service accepts; `error` and `error_description` say so too.",
        detail: "The logout token is not one that this service accepts.",
    }
    Forbidden = "forbidden", FORBIDDEN {
        when: "the user in the path is not the user of the token.",
        detail: "Not authorized: the path names another user than the token; GET /api/me answers whose it is.",
        retry: Never,
    }
    InsufficientScope = "insufficient_scope", FORBIDDEN {
        when: "the token has a `scope` that does not include what the request needs; `WWW-Authenticate` names it.",
        detail: "The access token is not for this kind of request.",
        retry: Never,
    }
    NotFound = "not_found", NOT_FOUND {
        when: "it is missing, deleted or another user's; the answer is the same.",
        detail: "Not found: there is nothing here.",
    }
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED {
        when: "another method on this path; `Allow` lists what it knows.",
        detail: "This resource does not know the method; Allow lists what it knows.",
    }
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE {
        when: "the client accepts no JSON.",
        detail: "This resource is available as application/json only.",
    }
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT {
        when: "the request's body did not arrive in time.",
        detail: "The body did not arrive in time.",
    }
    TaskLimitReached = "task_limit_reached", CONFLICT {
        when: "the user has as many tasks as one may have.",
        detail: "This account holds as many tasks as it may; delete some to add more.",
    }
    ResyncRequired = "resync_required", GONE {
        when: "the token of the feed leads nowhere any more: it is too old, or the database was restored.",
        detail: "These changes are no longer known; read everything again, without since.",
    }
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED {
        when: "`If-Match` names a state that is not the current one; `ETag` does.",
        detail: "The task has changed since; ETag says what it is now.",
    }
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE {
        when: "the body is longer than 64 KiB.",
        detail: "The body is longer than 65536 bytes.",
    }
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE {
        when: "the body is not declared as JSON.",
        detail: "Send the body as Content-Type: application/json.",
    }
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY {
        when: "the input was read and breaks a rule; `errors` lists every fault.",
        detail: "The request breaks a rule; see errors.",
        error: ("title", "blank", "A title needs at least one visible character."),
    }
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY {
        when: "the `Idempotency-Key` belongs to a request with another body.",
        detail: "This Idempotency-Key belongs to a request with another body.",
        error: (
            "Idempotency-Key",
            "reused",
            "A key stands for one request and its repetitions; a new request needs a new key."
        ),
    }
    RateLimited = "rate_limited", TOO_MANY_REQUESTS {
        when: "too many requests or exports at once of this user, or too many refused requests from this address.",
        detail: "Too many requests. Wait as long as Retry-After says.",
    }
    TooManyStreams = "too_many_streams", TOO_MANY_REQUESTS {
        when: "the user, or this instance, has as many event streams as it may have.",
        detail: "Too many event streams are open. Close one, or try again later.",
    }
    InternalError = "internal_error", INTERNAL_SERVER_ERROR {
        when: "a fault of this service.",
        detail: "The server made a mistake.",
    }
    DatabaseUnavailable = "database_unavailable", SERVICE_UNAVAILABLE {
        when: "the database cannot be reached or is too busy.",
        detail: "The database is not available right now. Try again shortly.",
    }
    KeysUnavailable = "keys_unavailable", SERVICE_UNAVAILABLE {
        when: "the key set that tokens are verified with was never loaded, is too old, or may be older than the key of this token.",
        detail: "The keys to check this token with are not available right now. Try again shortly.",
    }
    NotReady = "not_ready", SERVICE_UNAVAILABLE {
        when: "`GET /health/ready` only: the server cannot do its work, or is stopping.",
        detail: "Not ready: the database does not answer.",
    }
}

impl ProblemCode {
    /// The code as it is in the body.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The HTTP status that always goes with this code.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().status
    }

    /// When it is answered: the end of a sentence that begins with the code.
    pub(crate) const fn when(self) -> &'static str {
        self.row().when
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_name_of_its_variant_in_snake_case() {
        for code in ProblemCode::ALL {
            let mut name = String::new();
            for letter in format!("{code:?}").chars() {
                if letter.is_ascii_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.push(letter.to_ascii_lowercase());
            }
            assert_eq!(code.as_str(), name);
            assert_eq!(serde_json::to_value(code).unwrap(), name);
        }
    }
}

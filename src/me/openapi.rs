//! The description of `GET /api/me`.

use actix_web::http::StatusCode;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::Me;
use crate::http::openapi::{Answer, Description, ResponseHeader, reference};
use crate::http::operation::Operation;

/// The schemas that the description refers to.
pub(crate) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    vec![(Me::name().into_owned(), Me::schema())]
}

/// Describes a row of [`super::OPERATIONS`].
pub(crate) fn describe(operation: &Operation) -> Option<Description> {
    if operation.path != "/me" {
        return None;
    }
    let example = json!({
        "user_id": "m5nXk2",
        "expires_at": "2026-11-21T03:03:54Z",
        "issuer": "http://localhost:3000",
        "claims": {
            "sub": "m5nXk2", "iss": "http://localhost:3000", "aud": "http://localhost:3000",
            "iat": 1_795_229_334, "exp": 1_795_230_234,
        },
    });
    let answer = Answer::new("What the token says.")
        .header(ResponseHeader::CacheControl)
        .json(reference("Me"), [("me", example)]);
    let text = "What the server read from the caller's own token; the first thing to try when something is refused.";
    Some(
        Description::new("account", "getMe", "Who am I?", text)
            .answer(StatusCode::OK, answer)
            .problems([StatusCode::SERVICE_UNAVAILABLE]),
    )
}

//! `GET /api/me`: what the server read from the caller's own token; the first thing to try when
//! something is refused.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::auth::AuthenticatedUser;
use crate::http::openapi::{Description, NamedSchema, Response, named, reference};
use crate::http::operation::{Access, Operation};

pub(crate) const OPERATIONS: &[Operation] =
    &[Operation::json(Access::Authenticated, Method::GET, "/me", || web::to(me), describe)];

/// The schema that the description refers to.
pub(crate) fn schemas() -> [NamedSchema; 1] {
    [named::<Me<'_>>()]
}

/// What a token says about its user.
#[derive(Serialize, ToSchema)]
struct Me<'a> {
    /// The user id, as in the path of the tasks.
    user_id: &'a str,
    /// When the token expires; null when that is later than any calendar can write.
    #[schema(required = true, format = DateTime)]
    expires_at: Option<String>,
    /// The `iss` claim.
    #[schema(required = true)]
    issuer: Option<&'a str>,
    /// Every claim of the token.
    #[schema(value_type = Object)]
    claims: Map<String, Value>,
}

async fn me(user: AuthenticatedUser) -> HttpResponse {
    let claims = user.claims();
    let expires_at = DateTime::from_timestamp(claims.expires_at(), 0)
        .map(|moment| moment.to_rfc3339_opts(SecondsFormat::Secs, true));
    HttpResponse::Ok().json(Me {
        user_id: claims.user_id().as_str(),
        expires_at,
        issuer: claims.issuer(),
        claims: claims.members(),
    })
}

fn describe() -> Description {
    let example = json!({
        "user_id": "m5nXk2",
        "expires_at": "2026-11-21T03:03:54Z",
        "issuer": "http://localhost:3000",
        "claims": {
            "sub": "m5nXk2", "iss": "http://localhost:3000", "aud": "http://localhost:3000",
            "iat": 1_795_229_334, "exp": 1_795_230_234,
        },
    });
    let response = Response::new("What the token says.")
        .headers(["Cache-Control"])
        .json(reference("Me"), [("me", example)]);
    let text = "What the server read from the caller's own token; the first thing to try when something is refused.";
    Description::new("account", "getMe", "Who am I?", text).response(StatusCode::OK, response)
}

//! `GET /api/me`: what the server read from the caller's own token; the first thing to try when
//! something is refused.

pub(crate) mod openapi;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::auth::AuthenticatedUser;
use crate::http::operation::{Access, Operation, Produces};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    method: Method::GET,
    access: Access::Authenticated,
    path: "/me",
    produces: Produces::Json,
    route: || web::to(me),
}];

/// What a token says about its user.
#[derive(Serialize, ToSchema)]
struct Me<'a> {
    /// The user id, as it stands in the path of the tasks.
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
    // A token may expire later than any calendar can write.
    let expires_at = DateTime::from_timestamp(claims.expires_at(), 0)
        .map(|moment| moment.to_rfc3339_opts(SecondsFormat::Secs, true));
    HttpResponse::Ok().json(Me {
        user_id: claims.user_id().as_str(),
        expires_at,
        issuer: claims.issuer(),
        claims: claims.members(),
    })
}

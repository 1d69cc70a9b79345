//! `GET /api/me`: what the server read from the caller's own token; the first thing to try when
//! something is refused.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::auth::AuthenticatedUser;
use crate::operation::{Access, Operation};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    method: Method::GET,
    access: Access::Authenticated,
    path: "/me",
    route: || web::to(me),
}];

#[derive(Serialize)]
struct Me<'a> {
    user_id: &'a str,
    expires_at: Option<String>,
    issuer: Option<&'a str>,
    claims: &'a Map<String, Value>,
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

//! The endpoint for assistants: the Model Context Protocol over HTTP, where a language model calls the tools of
//! [`crate::tasks::tools`]. It is stateless: each request stands for itself, and nothing is kept between two of them.
//!
//! # Who is asking
//!
//! A model reads texts that others have written, and does what they say. So nothing that it sends may decide whose tasks
//! it sees: the user is that of the verified token, and no tool has an argument for one. The token is bound to this
//! endpoint (RFC 8707): its audience is the endpoint's address, which the rest of the API does not accept, and a token
//! of the rest of the API is not accepted here.
//!
//! # The way of a request
//!
//! 1. `server/routes.rs`: `Origin`, [`RequireAuth`](crate::auth::RequireAuth) with a verifier of its own, rate limits.
//!    [`mod@challenge`] adds to a refusal where a client finds the [`mod@metadata`].
//! 2. [`handler`]: the [`message`] is read, its revision checked ([`version`]), its method found.
//! 3. For `tools/call` the token's scope must include what the tool needs; then the tool runs as the token's user.
//!
//! Revisions 2026-07-28 (each request stands for itself) and 2025-11-25 and 2025-06-18 (with a handshake, which this
//! server answers without keeping anything) are understood.

mod challenge;
mod handler;
mod message;
mod metadata;
mod methods;
mod refusal;
mod version;

use actix_web::http::Method;
use actix_web::web;

use crate::http::operation::{Access, Operation, Produces};

pub(crate) use challenge::challenge;
pub(crate) use metadata::Metadata;
pub(crate) use refusal::Refusal;

/// All of them are 404 unless `MCP=on`.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        method: Method::POST,
        access: Access::Assistant,
        path: "",
        produces: Produces::Json,
        route: || web::to(handler::handle),
        describe: None,
    },
    metadata_at("/.well-known/oauth-protected-resource"),
    metadata_at("/.well-known/oauth-protected-resource/mcp"),
];

const fn metadata_at(path: &'static str) -> Operation {
    Operation {
        method: Method::GET,
        access: Access::Public,
        path,
        produces: Produces::Json,
        route: || web::to(metadata::metadata),
        describe: None,
    }
}

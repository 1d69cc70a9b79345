//! The URL table, and who may call what. A good place to start reading the server.
//!
//! Every feature lists its [`Operation`]s in one table: method, path, access, handler. This module registers
//! them all, and nothing else is reachable:
//!
//! | [`Access`] | below | needs | enforced by |
//! | --- | --- | --- | --- |
//! | `Public` | `/` | nothing | |
//! | `FrontEnd` | `/backchannel-logout` | a logout token in the body | its handler |
//! | `Authenticated` | `/api` | a valid token | [`RequireAuth`] |
//! | `Owner` | `/api/{user_id}` | the token of that user | [`owner_guard`] |
//! | `Assistant` | `/mcp`, with `MCP=on` | a valid token that is for `/mcp` alone | [`RequireAuth`] with a verifier of its own |
//!
//! Unknown paths below `/api` need a token too. A caller without one gets 401 for every path there, and cannot
//! find out which paths exist.
//!
//! Read on in `auth/owner.rs` (how a user becomes an owner) and `tasks/handlers.rs` (what a handler does).

use std::sync::Arc;

use actix_web::dev::HttpServiceFactory;
use actix_web::guard::GuardContext;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, VARY};
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::{HttpRequest, Scope, guard, web};

use crate::auth::{RequireAuth, TokenVerifier, owner_guard};
use crate::http::accept::json_only;
use crate::http::error::ApiError;
use crate::http::operation::{Access, Operation, Produces};
use crate::server::cors::known_origins_only;
use crate::server::rate_limit::{limit_auth_failures, limit_users};
use crate::{docs, health, mcp, me, sessions, tasks, telemetry};

/// Every operation of the service that is always there.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [health::OPERATIONS, docs::OPERATIONS, sessions::OPERATIONS, me::OPERATIONS, tasks::OPERATIONS]
        .into_iter()
        .flatten()
}

/// The operations that are there with `MCP=on` alone.
pub fn mcp_operations() -> impl Iterator<Item = &'static Operation> {
    mcp::OPERATIONS.iter()
}

/// Registers every operation with its protection. Of several `wrap`s, the last one is the outermost: it
/// sees the request first and the response last.
pub(crate) fn configure(config: &mut web::ServiceConfig, verifier: Arc<TokenVerifier>) {
    let all: Vec<&Operation> = operations().collect();
    let owner = scope(&all, "/{user_id}", Access::Owner).wrap(from_fn(owner_guard));
    let api = scope(&all, "/api", Access::Authenticated)
        .service(owner)
        .wrap(from_fn(limit_users))
        .wrap(RequireAuth::new(verifier))
        .wrap(from_fn(limit_auth_failures))
        .wrap(
            DefaultHeaders::new()
                .add((CACHE_CONTROL, "private, no-cache"))
                .add((VARY, "Authorization")),
        );
    for resource in resources(&all, Access::Public) {
        config.service(resource);
    }
    let front_end = Access::FrontEnd.prefix();
    config.service(scope(&all, front_end, Access::FrontEnd).wrap(from_fn(limit_auth_failures)));
    config.service(api).default_service(web::to(not_found));
}

/// Registers the endpoint for assistants and its metadata. The verifier accepts tokens that are for it alone.
pub(crate) fn configure_mcp(config: &mut web::ServiceConfig, verifier: Arc<TokenVerifier>) {
    let all: Vec<&Operation> = mcp_operations().collect();
    let endpoint = scope(&all, "/mcp", Access::Assistant)
        .wrap(from_fn(limit_users))
        .wrap(RequireAuth::new(verifier))
        .wrap(from_fn(mcp::challenge))
        .wrap(from_fn(limit_auth_failures))
        .wrap(from_fn(known_origins_only))
        .wrap(DefaultHeaders::new().add((CACHE_CONTROL, "no-store")).add((VARY, "Authorization")));
    for resource in resources(&all, Access::Public) {
        config.service(resource);
    }
    config.service(endpoint);
}

/// Registers `/metrics`, on the port of its own that only operators can reach.
pub(crate) fn configure_metrics(config: &mut web::ServiceConfig) {
    config.route("/metrics", web::get().to(telemetry::metrics));
}

async fn not_found(request: HttpRequest) -> Result<&'static str, ApiError> {
    Err(ApiError::NoSuchPath { has_slash: request.path().ends_with('/') })
}

/// All operations with this access, and 404 for every other path.
fn scope(all: &[&Operation], path: &str, access: Access) -> Scope {
    let scope = web::scope(path).default_service(web::to(not_found));
    resources(all, access).into_iter().fold(scope, Scope::service)
}

/// One resource for each path that has operations with this access.
fn resources(all: &[&Operation], access: Access) -> Vec<impl HttpServiceFactory + 'static + use<>> {
    let mut paths: Vec<&'static str> = Vec::new();
    for operation in all.iter().filter(|operation| operation.access == access) {
        if !paths.contains(&operation.path) {
            paths.push(operation.path);
        }
    }
    paths.into_iter().map(|path| resource(all, access, path)).collect()
}

/// Whether the method is one of `/api/{user_id}` itself.
fn is_owners_method(context: &GuardContext<'_>) -> bool {
    let is_owners =
        |operation: &Operation| operation.access == Access::Owner && operation.path.is_empty();
    operations().any(|operation| is_owners(operation) && operation.method == context.head().method)
}

/// All methods of a path, and 405 for every other method.
fn resource(
    all: &[&Operation],
    access: Access,
    path: &'static str,
) -> impl HttpServiceFactory + 'static + use<> {
    let mut resource = web::resource(path);
    if access == Access::Authenticated {
        // `/api/me` is also the path of the user whose id is `me`: the owner's methods are for the owner's scope.
        resource = resource.guard(guard::Not(guard::fn_guard(is_owners_method)));
    }
    let mut allow: Vec<&str> = Vec::new();
    let mut produces = Produces::Json;
    let is_here = |operation: &&&Operation| operation.access == access && operation.path == path;
    for operation in all.iter().filter(is_here) {
        let (method, route) = (&operation.method, (operation.route)());
        produces = operation.produces;
        resource = resource.route(if method == Method::GET {
            allow.extend(["GET", "HEAD"]);
            route.guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            allow.push(method.as_str());
            route.method(method.clone())
        });
    }
    // Method names always form a valid header value.
    let allow = HeaderValue::from_str(&allow.join(", "))
        .unwrap_or_else(|_| HeaderValue::from_static("GET"));
    let resource = resource.default_service(web::to(move || {
        let refusal = ApiError::MethodNotAllowed(allow.clone());
        async move { Err::<&'static str, ApiError>(refusal) }
    }));
    resource.wrap(Condition::new(produces == Produces::Json, from_fn(json_only)))
}

//! The URL table, and the two walls around it: below `/api` everything needs a token, below
//! `/api/{user_id}` it needs the token of that user. Unknown paths are behind the walls too, so an
//! answer tells a stranger nothing about what exists.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, VARY};
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::{guard, web};

use crate::auth::{RequireAuth, TokenVerifier, owner_guard};
use crate::http::accept::json_only;
use crate::http::error::ApiError;
use crate::http::operation::{Access, Operation, Produces};
use crate::server::rate_limit::{limit_auth_failures, limit_users};
use crate::{docs, health, me, tasks, telemetry};

/// Every operation of the service.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    [health::OPERATIONS, docs::OPERATIONS, me::OPERATIONS, tasks::OPERATIONS].into_iter().flatten()
}

/// Registers the whole table.
pub(crate) fn configure(config: &mut web::ServiceConfig, verifier: Arc<TokenVerifier>) {
    for resource in resources(Access::Public) {
        config.service(resource);
    }
    let mut owned = web::scope("/{user_id}");
    for resource in resources(Access::Owner) {
        owned = owned.service(resource);
    }
    let mut api = web::scope("/api");
    for resource in resources(Access::Authenticated) {
        api = api.service(resource);
    }
    // The wrap that stands last is the outermost.
    config.service(
        api.service(owned.default_service(web::to(not_found)).wrap(from_fn(owner_guard)))
            .default_service(web::to(not_found))
            .wrap(from_fn(limit_users))
            .wrap(RequireAuth::new(verifier))
            .wrap(from_fn(limit_auth_failures))
            .wrap(
                DefaultHeaders::new()
                    .add((CACHE_CONTROL, "private, no-cache"))
                    .add((VARY, "Authorization")),
            ),
    );
    config.default_service(web::to(not_found));
}

/// Registers the one route of the port for operators.
pub(crate) fn configure_metrics(config: &mut web::ServiceConfig) {
    config.route("/metrics", web::get().to(telemetry::metrics));
}

async fn not_found() -> Result<&'static str, ApiError> {
    Err(ApiError::NotFound)
}

/// One resource per path, with all its methods and a 405 for the others.
fn resources(access: Access) -> Vec<impl actix_web::dev::HttpServiceFactory + 'static> {
    let mut paths: Vec<&'static str> = Vec::new();
    for operation in operations().filter(|operation| operation.access == access) {
        if !paths.contains(&operation.path) {
            paths.push(operation.path);
        }
    }
    paths.into_iter().map(|path| resource(access, path)).collect()
}

fn resource(
    access: Access,
    path: &'static str,
) -> impl actix_web::dev::HttpServiceFactory + 'static {
    let mut resource = web::resource(path);
    let mut allow: Vec<&str> = Vec::new();
    let mut produces = Produces::Json;
    let here = |operation: &&Operation| operation.access == access && operation.path == path;
    for operation in operations().filter(here) {
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
    // Method names are always a valid header value.
    let allow = HeaderValue::from_str(&allow.join(", "))
        .unwrap_or_else(|_| HeaderValue::from_static("GET"));
    let resource = resource.default_service(web::to(move || {
        let refusal = ApiError::MethodNotAllowed(allow.clone());
        async move { Err::<&'static str, ApiError>(refusal) }
    }));
    resource.wrap(Condition::new(produces == Produces::Json, from_fn(json_only)))
}

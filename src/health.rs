//! `GET /health`: the process answers. It asks nothing else, so that a database outage does not make
//! an orchestrator kill a healthy process.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::operation::{Access, Operation};

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    method: Method::GET,
    access: Access::Public,
    path: "/health",
    route: || web::to(health),
}];

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "healthy", version: env!("CARGO_PKG_VERSION") })
}

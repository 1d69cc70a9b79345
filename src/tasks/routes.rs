//! The task operations of the URL table.

use actix_web::http::Method;
use actix_web::web;

use super::clear::clear;
use super::erase::erase;
use super::export::export;
use super::{handlers, list};
use crate::http::operation::{Access, Operation, Produces};

const TASKS: &str = "/tasks";
const TASK: &str = "/tasks/{id}";

const fn owned(method: Method, path: &'static str, route: fn() -> actix_web::Route) -> Operation {
    Operation { method, access: Access::Owner, path, produces: Produces::Json, route }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    owned(Method::GET, TASKS, || web::to(list::list)),
    owned(Method::POST, TASKS, || web::to(handlers::create)),
    owned(Method::DELETE, TASKS, || web::to(clear)),
    owned(Method::GET, TASK, || web::to(handlers::read)),
    owned(Method::PUT, TASK, || web::to(handlers::update)),
    owned(Method::PATCH, TASK, || web::to(handlers::update)),
    owned(Method::DELETE, TASK, || web::to(handlers::delete)),
    owned(Method::PATCH, "/tasks/{id}/complete", || web::to(handlers::complete)),
    owned(Method::GET, "/export", || web::to(export)),
    owned(Method::DELETE, "", || web::to(erase)),
];

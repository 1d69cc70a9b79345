//! The task operations of the URL table.

use actix_web::http::Method;
use actix_web::{Route, web};

use super::clear::clear;
use super::export::export;
use super::{handlers, list, openapi};
use crate::http::openapi::Description;
use crate::http::operation::{Access, Operation};

const TASKS: &str = "/tasks";
const TASK: &str = "/tasks/{id}";
const COMPLETE: &str = "/tasks/{id}/complete";

const fn owned(
    method: Method,
    path: &'static str,
    route: fn() -> Route,
    describe: fn() -> Description,
) -> Operation {
    Operation::json(Access::Owner, method, path, route, describe)
}

pub(crate) const OPERATIONS: &[Operation] = &[
    owned(Method::GET, TASKS, || web::to(list::list), list::openapi::describe),
    owned(Method::POST, TASKS, || web::to(handlers::create), openapi::create),
    owned(Method::DELETE, TASKS, || web::to(clear), openapi::clear),
    owned(Method::GET, TASK, || web::to(handlers::read), openapi::read),
    owned(Method::PUT, TASK, || web::to(handlers::update), openapi::replace),
    owned(Method::PATCH, TASK, || web::to(handlers::update), openapi::update),
    owned(Method::DELETE, TASK, || web::to(handlers::delete), openapi::delete),
    owned(Method::PATCH, COMPLETE, || web::to(handlers::complete), openapi::complete),
    owned(Method::GET, "/export", || web::to(export), openapi::export),
    owned(Method::DELETE, "", || web::to(handlers::erase), openapi::erase),
];

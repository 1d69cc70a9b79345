//! The task operations of the URL table.

use actix_web::http::Method;
use actix_web::{Route, web};

use super::clear::clear;
use super::export::export;
use super::{bulk, events, feed, handlers, list, openapi, trash};
use crate::http::openapi::Description;
use crate::http::operation::{Access, Operation, Produces};

const TASKS: &str = "/tasks";
const TASK: &str = "/tasks/{id}";
const COMPLETE: &str = "/tasks/{id}/complete";
const TRASH: &str = "/trash";

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
    owned(Method::POST, "/tasks/batch", || web::to(bulk::bulk), bulk::openapi::describe),
    owned(Method::GET, TASK, || web::to(handlers::read), openapi::read),
    owned(Method::PUT, TASK, || web::to(handlers::update), openapi::replace),
    owned(Method::PATCH, TASK, || web::to(handlers::update), openapi::update),
    owned(Method::DELETE, TASK, || web::to(handlers::delete), openapi::delete),
    owned(Method::PATCH, COMPLETE, || web::to(handlers::complete), openapi::complete),
    owned(Method::GET, "/changes", || web::to(feed::changes), feed::openapi::describe),
    Operation {
        method: Method::GET,
        access: Access::Owner,
        path: "/events",
        produces: Produces::EventStream,
        route: || web::to(events::events),
        describe: Some(events::openapi::describe),
    },
    owned(Method::GET, TRASH, || web::to(trash::list), trash::openapi::list),
    owned(Method::DELETE, TRASH, || web::to(trash::empty), trash::openapi::empty),
    owned(Method::POST, "/trash/{id}/restore", || web::to(trash::restore), trash::openapi::restore),
    owned(Method::GET, "/export", || web::to(export), openapi::export),
    owned(Method::DELETE, "", || web::to(handlers::erase), openapi::erase),
];

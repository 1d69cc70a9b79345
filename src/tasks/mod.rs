//! Tasks, from the URL down to the row: handlers parse a request into checked types and hand them, with the
//! caller's [`crate::auth::OwnerId`], to the [`TaskStore`].

mod array;
mod bulk;
mod clear;
pub(crate) mod events;
mod export;
mod feed;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handlers;
mod idempotency;
mod list;
mod opaque;
pub(crate) mod openapi;
mod request;
mod response;
mod routes;
mod store;
mod task;
pub(crate) mod tools;
mod trash;

pub(crate) use export::Exports;
pub(crate) use routes::OPERATIONS;
pub(crate) use store::{OwnerStates, TaskRules, TaskStore, purge_idempotency_keys, purge_trash};

//! Tasks, from the URL down to the row: handlers parse a request into the types of `fields` and
//! hand them, with the caller's [`crate::auth::OwnerId`], to `repository`.

mod body;
mod bulk;
mod clear;
mod dto;
mod erase;
mod etag;
mod export;
mod fields;
mod grouped;
mod handlers;
mod id;
mod idempotency;
mod json;
mod list;
mod location;
mod model;
pub(crate) mod openapi;
mod pipelined;
mod precondition;
mod priority;
mod repository;
mod routes;
mod tags;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use grouped::GroupedWrites;
pub(crate) use idempotency::purge as purge_idempotency_keys;
pub(crate) use routes::OPERATIONS;

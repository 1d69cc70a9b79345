//! `GET /api/{user_id}/events`: a stream of hints that something has changed. A hint carries no data, only the newest
//! token of the feed of changes, so that nothing can be lost with a stream or told twice.

mod handler;
mod hub;
pub(super) mod openapi;
mod poll;
mod stream;

pub(super) use handler::events;
pub(crate) use hub::Hub;
pub(crate) use poll::watch;

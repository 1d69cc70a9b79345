//! `GET /api/{user_id}/changes`: what has happened to the caller's tasks since the last time it was asked. A client that
//! applies every page in order has exactly the list.

mod changes;
mod handler;
pub(super) mod openapi;
mod since;
#[cfg(test)]
mod tests;

pub(super) use changes::Changes;
pub(super) use handler::changes;
pub(super) use since::Since;

//! `POST /api/{user_id}/tasks/batch`: up to a hundred operations in one transaction. Inside the program they are
//! called bulk, because a batch is what the store makes of the writes of several users.

mod handler;
pub(super) mod openapi;
mod operation;
mod request;
mod response;

pub(super) use handler::bulk;
pub(super) use operation::{Done, Failure, Kept, Operation, Outcome, What};
pub(super) use request::MAX_OPERATIONS;

//! The trash: `GET …/trash`, `POST …/trash/{id}/restore` and `DELETE …/trash`.

pub(super) mod cursor;
pub(super) mod export;
mod handlers;
pub(super) mod openapi;
mod shape;

pub(super) use handlers::{empty, list, restore};

//! What ends tokens before they expire: the front end says that a session has ended (`POST /backchannel-logout`), and an
//! account is erased. [`RevocationStore`] keeps it durably, and [`watch()`] brings to this instance what others have stored.

mod handler;
mod openapi;
mod store;
#[cfg(test)]
mod tests;
mod watch;

use actix_web::http::Method;
use actix_web::web;

pub(crate) use self::store::RevocationStore;
pub(crate) use self::watch::watch;
use crate::http::operation::{Access, Operation};

pub(crate) const OPERATIONS: &[Operation] = &[Operation::json(
    Access::FrontEnd,
    Method::POST,
    "",
    || web::to(handler::backchannel_logout),
    openapi::describe,
)];

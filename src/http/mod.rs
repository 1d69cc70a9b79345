//! The HTTP edge that all features share: operations, request bodies, `Accept`, errors, and the vocabulary
//! of the API's description.

pub(crate) mod accept;
pub(crate) mod error;
pub(crate) mod extract;
pub(crate) mod openapi;
pub(crate) mod operation;
pub(crate) mod unknown_members;

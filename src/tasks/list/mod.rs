//! The list of a user's tasks: which ones ([`filter`], [`matching`]), in which order ([`sort`]), from where on
//! ([`cursor`]), and what goes out ([`page`]).

mod cursor;
pub(super) mod filter;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod handler;
pub(super) mod matching;
pub(super) mod openapi;
pub(super) mod page;
pub(super) mod page_params;
pub(super) mod params;
pub(super) mod position;
pub(super) mod sort;
#[cfg(test)]
mod tests;

pub(super) use handler::list;

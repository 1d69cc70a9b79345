//! The list of a user's tasks: which ones ([`filter`]), in which order ([`sort`]), from where on
//! ([`cursor`]), the one statement that answers it ([`statement`]), and what goes out ([`page`]).

mod cursor;
mod filter;
mod handler;
mod in_place;
pub(super) mod openapi;
mod page;
mod params;
mod position;
mod row_value;
mod sort;
mod statement;
#[cfg(test)]
mod tests;

pub(super) use handler::list;

//! How tasks go out: their wire shape, their JSON, and their URLs.

pub(in crate::tasks) mod json;
pub(in crate::tasks) mod location;
pub(in crate::tasks) mod shape;

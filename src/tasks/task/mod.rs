//! What a task is: its members, their types, and its entity tag.

pub(in crate::tasks) mod etag;
pub(in crate::tasks) mod id;
pub(in crate::tasks) mod model;
pub(in crate::tasks) mod priority;
pub(in crate::tasks) mod tags;

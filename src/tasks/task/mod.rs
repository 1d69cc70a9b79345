//! What a task is: its members, their types, its entity tag, and its owner's state.

pub(in crate::tasks) mod etag;
pub(in crate::tasks) mod id;
pub(in crate::tasks) mod model;
pub(in crate::tasks) mod owner_state;
pub(in crate::tasks) mod priority;
pub(in crate::tasks) mod tags;

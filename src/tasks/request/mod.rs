//! What a request brings along: the members of a body, the rules they must keep, and `If-Match`.

pub(in crate::tasks) mod body;
pub(in crate::tasks) mod fields;
pub(in crate::tasks) mod precondition;

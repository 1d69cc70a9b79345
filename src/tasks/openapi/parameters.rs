//! The parameters that several task operations share.

use serde_json::json;
use utoipa::openapi::Required;
use utoipa::openapi::path::ParameterBuilder;

use super::schemas;
use crate::http::openapi::{boolean, path_parameter, query_parameter};

/// Which task.
pub(super) fn id() -> ParameterBuilder {
    path_parameter("id", "Which task. Not an integer: 400; an impossible one: 422.", schemas::id())
        .example(Some(json!(59_551_795_828_352_i64)))
}

/// What makes a deletion of many tasks deliberate.
pub(super) fn completed_only() -> ParameterBuilder {
    query_parameter(
        "completed",
        "Must be `true`: without it nothing is deleted, and the answer is 422.",
        boolean().enum_values(Some([true])),
    )
    .required(Required::True)
    .example(Some(json!(true)))
}

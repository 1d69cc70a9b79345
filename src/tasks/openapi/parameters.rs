//! The parameters that several task operations share.

use serde_json::json;
use utoipa::openapi::path::ParameterBuilder;

use super::schemas;
use crate::openapi::path_parameter;

/// Which task.
pub(super) fn id() -> ParameterBuilder {
    path_parameter("id", "Which task. Not an integer: 400; an impossible one: 422.", schemas::id())
        .example(Some(json!(59_551_795_828_352_i64)))
}

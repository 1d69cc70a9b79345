//! A task's request body: which members are there, before any rule is applied to them.
//!
//! `null` and absence mean different things in a merge (RFC 7396), and a wrong JSON type must be
//! reported together with every other fault, so members are taken as plain values first. Members
//! this service does not know, or owns itself (`id`, `user_id`, …), are skipped: clients send whole
//! tasks back.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::openapi::schemas;

/// A member that is absent, or present with any value, `null` included.
pub(super) type Member = Option<Value>;

/// The known members of a request body. Members that are left out stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = TaskChanges)]
#[serde(default)]
pub(super) struct TaskBody {
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::title)]
    pub(super) title: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::description)]
    pub(super) description: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::completed)]
    pub(super) completed: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::priority)]
    pub(super) priority: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::tags)]
    pub(super) tags: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::due_date)]
    pub(super) due_date: Member,
}

/// Without this, serde would read `null` as absence.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Member, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

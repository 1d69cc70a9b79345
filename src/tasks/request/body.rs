//! A task's request body: which members are there, and what they become once every rule was applied.
//!
//! `null` and absence mean different things in a merge (RFC 7396), and a wrong JSON type must be
//! reported together with every other fault, so members are taken as plain values first. Members
//! this service does not know, or owns itself (`id`, `user_id`, …), are skipped: clients send whole
//! tasks back.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::fields;
use crate::base::problem::FieldError;
use crate::http::extract::Members;
use crate::http::unknown_members::{Known, UnknownMembers};
use crate::tasks::openapi::schemas;
use crate::tasks::task::model::{NewTask, TaskChanges};

/// A member that is absent, or present with any value, `null` included.
pub(in crate::tasks) type Member = Option<Value>;

/// The known members of a request body. Members that are left out stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = TaskChanges)]
#[serde(default)]
pub(in crate::tasks) struct TaskBody {
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::title)]
    pub(in crate::tasks) title: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::description)]
    pub(in crate::tasks) description: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::completed)]
    pub(in crate::tasks) completed: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::priority)]
    pub(in crate::tasks) priority: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::tags)]
    pub(in crate::tasks) tags: Member,
    #[serde(deserialize_with = "present")]
    #[schema(schema_with = schemas::due_date)]
    pub(in crate::tasks) due_date: Member,
}

/// The members that a client may set, and what other to-do lists call them.
const SETTABLE: [Known; 6] = [
    ("title", &["name", "text", "task", "summary", "subject", "label"]),
    ("description", &["notes", "note", "details", "body", "content"]),
    ("completed", &["done", "finished", "checked", "status", "state"]),
    ("priority", &["importance", "urgency"]),
    ("tags", &["labels", "categories", "category"]),
    ("due_date", &["due", "deadline", "due_at", "due_on", "date"]),
];

/// Those that the service sets.
const ITS_OWN: [&str; 5] = ["id", "user_id", "created_at", "updated_at", "version"];

/// Names a member of a task that is unknown.
pub(in crate::tasks) fn note_member(name: &str, unknown: &UnknownMembers) {
    if !ITS_OWN.contains(&name) {
        unknown.note(name, &SETTABLE);
    }
}

impl Members for TaskBody {
    fn note_unknown(body: &[u8], unknown: &UnknownMembers) {
        let names = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body);
        names.unwrap_or_default().keys().for_each(|name| note_member(name, unknown));
    }
}

/// Without this, serde would read `null` as absence.
pub(in crate::tasks) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Member, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Applies parsers one after another and keeps every fault.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    /// `None` when the member is absent or faulty.
    fn parse<T>(
        &mut self,
        member: &Member,
        parser: fn(&serde_json::Value) -> Result<T, FieldError>,
    ) -> Option<T> {
        member.as_ref().and_then(|value| parser(value).map_err(|fault| self.0.push(fault)).ok())
    }
}

const TITLE_MISSING: FieldError =
    FieldError { field: "title", code: "missing", detail: "A task needs a title." };

impl TaskBody {
    /// The changes of a PUT or PATCH, or every fault at once.
    pub(in crate::tasks) fn changes(&self) -> Result<TaskChanges, Vec<FieldError>> {
        let mut faults = Faults::default();
        let changes = TaskChanges {
            title: faults.parse(&self.title, fields::title),
            description: faults.parse(&self.description, fields::description),
            completed: faults.parse(&self.completed, fields::completed),
            priority: faults.parse(&self.priority, fields::priority),
            tags: faults.parse(&self.tags, fields::tags),
            due_date: faults.parse(&self.due_date, fields::due_date),
        };
        if faults.0.is_empty() { Ok(changes) } else { Err(faults.0) }
    }

    /// The new task of a POST, or every fault at once. Only the title is required.
    pub(in crate::tasks) fn new_task(&self) -> Result<NewTask, Vec<FieldError>> {
        let changes = self.changes();
        if self.title.is_none() {
            let mut faults = changes.err().unwrap_or_default();
            faults.insert(0, TITLE_MISSING);
            return Err(faults);
        }
        let changes = changes?;
        Ok(NewTask {
            title: changes.title.unwrap_or_default(),
            description: changes.description.flatten(),
            completed: changes.completed.unwrap_or_default(),
            priority: changes.priority.unwrap_or_default(),
            tags: changes.tags.unwrap_or_default(),
            due_date: changes.due_date.flatten(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_member_that_is_read_is_known() {
        let all = SETTABLE.iter().map(|(name, _)| ((*name).to_owned(), json!(null)));
        let body: TaskBody = serde_json::from_value(all.collect()).unwrap();
        let TaskBody { title, description, completed, priority, tags, due_date } = body;
        for member in [title, description, completed, priority, tags, due_date] {
            assert_eq!(member, Some(json!(null)));
        }
    }
}

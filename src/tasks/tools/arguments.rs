//! The arguments of a call. What the tool's schema does not list is refused, whatever its name: a model that was talked
//! into asking for another user's tasks finds no place to say so.

use serde_json::{Map, Value};

use super::failure::ToolFailure;
use crate::tasks::request::precondition::Precondition;
use crate::tasks::task::id::{TaskId, TaskIdError};

/// The longest name that is repeated in an answer, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Arguments of a call, all of which the tool has.
pub(super) struct Arguments {
    members: Map<String, Value>,
    faults: Vec<String>,
}

impl Arguments {
    /// Compares the names with those of the schema.
    ///
    /// # Errors
    /// [`ToolFailure::Refused`] with every name that is unknown, and every one that is missing.
    pub(super) fn of(members: Map<String, Value>, schema: &Value) -> Result<Self, ToolFailure> {
        let known = |name: &str| schema["properties"].get(name).is_some();
        let unknown = members.keys().filter(|name| !known(name)).map(|name| {
            let shown: String = name.chars().take(MAX_NAME_CHARS).collect();
            format!("{shown:?}: This tool has no such argument.")
        });
        let required =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let missing = required
            .filter(|name| !members.contains_key(*name))
            .map(|name| format!("{name}: This argument is required."));
        let faults: Vec<String> = unknown.chain(missing).collect();
        if faults.is_empty() {
            Ok(Self { members, faults })
        } else {
            Err(ToolFailure::of_rules(&faults))
        }
    }

    /// The members themselves, for the rules of a task.
    pub(super) fn into_members(self) -> Map<String, Value> {
        self.members
    }

    /// Takes the id of the task.
    ///
    /// # Errors
    /// [`ToolFailure::Refused`] when it is none.
    pub(super) fn take_id(&mut self) -> Result<TaskId, ToolFailure> {
        let id = self.members.remove("id").as_ref().and_then(Value::as_i64);
        let id = id.and_then(TaskId::from_i64);
        id.ok_or_else(|| ToolFailure::Refused(super::failure::line(&TaskIdError::OUT_OF_RANGE)))
    }

    /// Takes the version that the task must still have.
    ///
    /// # Errors
    /// [`ToolFailure::Refused`] when it is no number.
    pub(super) fn take_version(&mut self) -> Result<Precondition, ToolFailure> {
        match self.members.remove("version") {
            None => Ok(Precondition::Exists),
            Some(version) => match version.as_i64().filter(|version| *version > 0) {
                Some(version) => Ok(Precondition::OneOf(vec![version])),
                None => Err(ToolFailure::Refused(
                    "version: A version is a positive integer.".to_owned(),
                )),
            },
        }
    }

    /// `None` when it is absent or faulty, as with the others below.
    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        self.take(name, "true or false", Value::as_bool)
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    /// A list of texts; empty when it is absent or faulty.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let texts = |value: &Value| {
            let entries = value.as_array()?.iter();
            entries.map(|entry| entry.as_str().map(str::to_owned)).collect()
        };
        self.take(name, "an array of texts", texts).unwrap_or_default()
    }

    /// A whole number from 1 to `most`.
    pub(super) fn count(&mut self, name: &str, most: i64) -> Option<i64> {
        let fits = |value: &Value| value.as_i64().filter(|number| (1..=most).contains(number));
        self.take(name, &format!("an integer from 1 to {most}"), fits)
    }

    fn take<T>(&mut self, name: &str, what: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.members.get(name)?;
        let taken = read(value);
        if taken.is_none() {
            self.faults.push(format!("{name}: This is {what}."));
        }
        taken
    }

    /// # Errors
    /// [`ToolFailure::Refused`] with every fault that was found.
    pub(super) fn finish(self) -> Result<(), ToolFailure> {
        if self.faults.is_empty() { Ok(()) } else { Err(ToolFailure::of_rules(&self.faults)) }
    }
}

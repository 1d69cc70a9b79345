//! The request's body, operation by operation. Members that are unknown are ignored, as everywhere.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::operation::{Operation, What};
use crate::base::problem::FieldError;
use crate::http::extract::Members;
use crate::http::unknown_members::{Known, UnknownMembers};
use crate::tasks::request::body::{Member, TaskBody, note_member, present};
use crate::tasks::request::fields;
use crate::tasks::request::precondition::Precondition;
use crate::tasks::task::id::{TaskId, TaskIdError};

/// The most operations of one request.
pub(in crate::tasks) const MAX_OPERATIONS: usize = 100;

const fn fault(field: &'static str, code: &'static str, detail: &'static str) -> FieldError {
    FieldError { field, code, detail }
}

const OPERATIONS: FieldError = fault("operations", "wrong_type", "operations is an array.");
const HOW_MANY: FieldError =
    fault("operations", "out_of_range", "A batch has 1 to 100 operations.");
const ATOMIC: FieldError = fault("atomic", "wrong_type", "atomic is true or false.");
const OBJECT: FieldError = fault("operations", "wrong_type", "An operation is an object.");
const OP: FieldError =
    fault("op", "not_allowed", "op is create, update, complete, delete or restore.");
const TASK: FieldError = fault("task", "wrong_type", "task is an object.");
const IF_MATCH: FieldError =
    fault("if_match", "malformed", "if_match is written as the header If-Match.");
const NO_IF_MATCH: FieldError =
    fault("if_match", "not_allowed", "A task that is created has no state to match.");

/// The known members of the body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::tasks) struct BulkBody {
    #[serde(deserialize_with = "present")]
    atomic: Member,
    #[serde(deserialize_with = "present")]
    operations: Member,
}

const MEMBERS: [Known; 2] = [("atomic", &["transaction"]), ("operations", &["ops", "items"])];
const MEMBERS_OF_AN_OPERATION: [Known; 5] = [
    ("op", &["operation", "type", "action", "method"]),
    ("id", &["task_id"]),
    ("if_match", &["etag", "version"]),
    ("task", &["body", "data", "changes"]),
    ("completed", &["done"]),
];

impl Members for BulkBody {
    fn note_unknown(body: &[u8], unknown: &UnknownMembers) {
        let body: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        body.keys().for_each(|name| unknown.note(name, &MEMBERS));
        let operations = body.get("operations").and_then(Value::as_array);
        for operation in operations.into_iter().flatten().filter_map(Value::as_object) {
            operation.keys().for_each(|name| unknown.note(name, &MEMBERS_OF_AN_OPERATION));
            let task = operation.get("task").and_then(Value::as_object);
            task.into_iter().flat_map(Map::keys).for_each(|name| note_member(name, unknown));
        }
    }
}

/// A request that is understood as a whole.
pub(super) struct Bulk {
    /// Whether all is done or nothing.
    pub(super) atomic: bool,
    /// What is to be done, or which rules that breaks.
    pub(super) operations: Vec<Result<Operation, Vec<FieldError>>>,
    /// What equal requests have in common.
    pub(super) canonical: Value,
}

impl BulkBody {
    /// Reads every operation; every fault of the request as a whole at once.
    pub(super) fn read(self) -> Result<Bulk, Vec<FieldError>> {
        let mut faults = Vec::new();
        let atomic = self.atomic.as_ref().map(Value::as_bool);
        if atomic == Some(None) {
            faults.push(ATOMIC);
        }
        let (operations, canonical) = match self.operations {
            Some(Value::Array(operations)) if (1..=MAX_OPERATIONS).contains(&operations.len()) => {
                (operations.iter().map(operation).collect(), Value::Array(operations))
            }
            Some(Value::Array(_)) => {
                faults.push(HOW_MANY);
                Default::default()
            }
            _ => {
                faults.push(OPERATIONS);
                Default::default()
            }
        };
        let atomic = atomic.flatten().unwrap_or_default();
        let canonical = Value::Array(vec![atomic.into(), canonical]);
        if faults.is_empty() { Ok(Bulk { atomic, operations, canonical }) } else { Err(faults) }
    }
}

/// One operation, or every fault at once.
fn operation(value: &Value) -> Result<Operation, Vec<FieldError>> {
    let members = value.as_object().ok_or_else(|| vec![OBJECT])?;
    let mut faults = Vec::new();
    let precondition = precondition(members.get("if_match"), &mut faults);
    let what = match members.get("op").and_then(Value::as_str) {
        Some("create") => {
            if members.contains_key("if_match") {
                faults.push(NO_IF_MATCH);
            }
            take(body(members).and_then(|body| body.new_task()), &mut faults).map(What::Create)
        }
        Some("update") => {
            let id = take(id(members), &mut faults);
            let changes = take(body(members).and_then(|body| body.changes()), &mut faults);
            id.zip(changes).map(|(id, changes)| What::Update(id, changes))
        }
        Some("complete") => {
            let id = take(id(members), &mut faults);
            let completed = members.get("completed").map(fields::completed).transpose();
            let completed = take(completed.map_err(|fault| vec![fault]), &mut faults);
            id.zip(completed).map(|(id, completed)| What::Complete(id, completed))
        }
        Some("delete") => take(id(members), &mut faults).map(What::Delete),
        Some("restore") => take(id(members), &mut faults).map(What::Restore),
        _ => {
            faults.push(OP);
            None
        }
    };
    match what {
        Some(what) if faults.is_empty() => Ok(Operation { what, precondition }),
        _ => Err(faults),
    }
}

/// Keeps the faults.
fn take<T>(parsed: Result<T, Vec<FieldError>>, faults: &mut Vec<FieldError>) -> Option<T> {
    parsed.map_err(|broken| faults.extend(broken)).ok()
}

fn id(members: &Map<String, Value>) -> Result<TaskId, Vec<FieldError>> {
    let id = members.get("id").and_then(Value::as_i64).and_then(TaskId::from_i64);
    id.ok_or_else(|| vec![TaskIdError::OUT_OF_RANGE])
}

fn body(members: &Map<String, Value>) -> Result<TaskBody, Vec<FieldError>> {
    let task = members.get("task").filter(|task| task.is_object()).ok_or_else(|| vec![TASK])?;
    // The members are taken as they are, so that any object can be read.
    Ok(serde_json::from_value(task.clone()).unwrap_or_default())
}

fn precondition(if_match: Option<&Value>, faults: &mut Vec<FieldError>) -> Precondition {
    let parsed = match if_match {
        None => Some(Precondition::Exists),
        Some(Value::String(text)) => Precondition::parse([text.as_bytes()].into_iter()),
        Some(_) => None,
    };
    parsed.unwrap_or_else(|| {
        faults.push(IF_MATCH);
        Precondition::Exists
    })
}

//! The wire shape of tasks, and the way from a request body to the types of `model`.

use utoipa::ToSchema;

use super::body::{Member, TaskBody};
use super::fields;
use super::id::TaskId;
use super::model::{NewTask, Task, TaskChanges};
use super::openapi::schemas;
use super::priority::Priority;
use super::tags::TagsRef;
use crate::base::problem::FieldError;
use crate::db::Timestamp;

// What stands in the next line is published. Its texts are borrowed, so that a task can be written from wherever
// it is. It is `json` that writes it; its tests hold the bytes to those of `serde_json`.
/// A task as clients see it. All ten members are always there.
#[derive(Debug, ToSchema)]
#[cfg_attr(test, derive(serde::Serialize))]
#[schema(as = Task)]
pub(super) struct TaskResponse<'a> {
    #[schema(schema_with = schemas::id)]
    pub(super) id: TaskId,
    #[schema(schema_with = schemas::user_id)]
    pub(super) user_id: &'a str,
    #[schema(schema_with = schemas::title)]
    pub(super) title: &'a str,
    #[schema(schema_with = schemas::description, required = true)]
    pub(super) description: Option<&'a str>,
    #[schema(schema_with = schemas::completed)]
    pub(super) completed: bool,
    #[schema(schema_with = schemas::priority)]
    pub(super) priority: Priority,
    #[schema(schema_with = schemas::tags)]
    pub(super) tags: TagsRef<'a>,
    #[schema(schema_with = schemas::moment_or_null, required = true)]
    pub(super) due_date: Option<Timestamp>,
    #[schema(schema_with = schemas::moment)]
    pub(super) created_at: Timestamp,
    #[schema(schema_with = schemas::moment)]
    pub(super) updated_at: Timestamp,
}

impl<'a> From<&'a Task> for TaskResponse<'a> {
    fn from(task: &'a Task) -> Self {
        Self {
            id: task.id,
            user_id: &task.user_id,
            title: &task.title,
            description: task.description.as_deref(),
            completed: task.completed,
            priority: task.priority,
            tags: task.tags.as_ref(),
            due_date: task.due_date,
            created_at: task.created_at,
            updated_at: task.updated_at,
        }
    }
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
    pub(super) fn changes(&self) -> Result<TaskChanges, Vec<FieldError>> {
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
    pub(super) fn new_task(&self) -> Result<NewTask, Vec<FieldError>> {
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

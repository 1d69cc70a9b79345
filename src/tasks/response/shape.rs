//! The wire shape of tasks.

use utoipa::ToSchema;

use crate::db::Timestamp;
use crate::tasks::openapi::schemas;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::Task;
use crate::tasks::task::priority::Priority;
use crate::tasks::task::tags::Tags;

// The next line is published. `json` writes the shape; its tests hold the bytes to those of `serde_json`.
/// A task as clients see it. All eleven members are always there.
#[derive(Debug, ToSchema)]
#[cfg_attr(test, derive(serde::Serialize))]
#[schema(as = Task)]
pub(in crate::tasks) struct TaskResponse<'a> {
    #[schema(schema_with = schemas::id)]
    pub(in crate::tasks) id: TaskId,
    #[schema(schema_with = schemas::user_id)]
    pub(in crate::tasks) user_id: &'a str,
    #[schema(schema_with = schemas::title)]
    pub(in crate::tasks) title: &'a str,
    #[schema(schema_with = schemas::description, required = true)]
    pub(in crate::tasks) description: Option<&'a str>,
    #[schema(schema_with = schemas::completed)]
    pub(in crate::tasks) completed: bool,
    #[schema(schema_with = schemas::priority)]
    pub(in crate::tasks) priority: Priority,
    #[schema(schema_with = schemas::tags)]
    pub(in crate::tasks) tags: &'a Tags,
    #[schema(schema_with = schemas::moment_or_null, required = true)]
    pub(in crate::tasks) due_date: Option<Timestamp>,
    #[schema(schema_with = schemas::moment)]
    pub(in crate::tasks) created_at: Timestamp,
    #[schema(schema_with = schemas::moment)]
    pub(in crate::tasks) updated_at: Timestamp,
    #[schema(schema_with = schemas::version)]
    pub(in crate::tasks) version: i64,
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
            tags: &task.tags,
            due_date: task.due_date,
            created_at: task.created_at,
            updated_at: task.updated_at,
            version: task.seq,
        }
    }
}

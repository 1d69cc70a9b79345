//! The task as it is stored and answered, and what a database must be able to do with it.

use std::future::Future;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

/// Stored by its name.
#[derive(Clone, Copy, Default, Deserialize, Serialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
}

/// A row, and an answer.
#[derive(Serialize, sqlx::FromRow)]
pub struct Task {
    id: i64,
    user_id: String,
    title: String,
    description: Option<String>,
    completed: bool,
    priority: Priority,
    tags: Json<Vec<String>>,
    due_date: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A request to create a task.
#[derive(Deserialize)]
pub struct NewTask {
    pub title: String,
    pub description: Option<String>,
    #[serde(default)]
    pub priority: Priority,
    #[serde(default)]
    pub tags: Vec<String>,
    pub due_date: Option<DateTime<Utc>>,
}

/// The four statements.
pub trait Store: Clone + Send + Sync + 'static {
    /// The newest tasks.
    fn list(&self, user: &str, limit: i64) -> impl Future<Output = sqlx::Result<Vec<Task>>> + Send;

    /// One task.
    fn read(&self, user: &str, id: i64) -> impl Future<Output = sqlx::Result<Option<Task>>> + Send;

    /// A new task, durable when this returns.
    fn create(&self, user: &str, task: NewTask) -> impl Future<Output = sqlx::Result<Task>> + Send;

    /// Flips whether the task is completed.
    fn toggle(
        &self,
        user: &str,
        id: i64,
    ) -> impl Future<Output = sqlx::Result<Option<Task>>> + Send;
}

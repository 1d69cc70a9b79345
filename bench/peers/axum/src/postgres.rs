//! The statements on PostgreSQL.

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use sqlx::types::Json;

use crate::store::{NewTask, Store, Task};

#[derive(Clone)]
pub struct Postgres(PgPool);

impl Postgres {
    /// A pool of so many connections.
    pub async fn connect(url: &str, connections: u32, tuned: bool) -> sqlx::Result<Self> {
        let options = PgPoolOptions::new().max_connections(connections);
        let options = if tuned { options.test_before_acquire(false) } else { options };
        Ok(Self(options.connect(url).await?))
    }
}

impl Store for Postgres {
    async fn list(&self, user: &str, limit: i64) -> sqlx::Result<Vec<Task>> {
        sqlx::query_as("SELECT * FROM tasks WHERE user_id = $1 ORDER BY id DESC LIMIT $2")
            .bind(user)
            .bind(limit)
            .fetch_all(&self.0)
            .await
    }

    async fn read(&self, user: &str, id: i64) -> sqlx::Result<Option<Task>> {
        sqlx::query_as("SELECT * FROM tasks WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user)
            .fetch_optional(&self.0)
            .await
    }

    async fn create(&self, user: &str, task: NewTask) -> sqlx::Result<Task> {
        sqlx::query_as(
            "INSERT INTO tasks (user_id, title, description, priority, tags, due_date) \
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING *",
        )
        .bind(user)
        .bind(task.title)
        .bind(task.description)
        .bind(task.priority)
        .bind(Json(task.tags))
        .bind(task.due_date)
        .fetch_one(&self.0)
        .await
    }

    async fn toggle(&self, user: &str, id: i64) -> sqlx::Result<Option<Task>> {
        sqlx::query_as(
            "UPDATE tasks SET completed = NOT completed, updated_at = now() \
             WHERE id = $1 AND user_id = $2 RETURNING *",
        )
        .bind(id)
        .bind(user)
        .fetch_optional(&self.0)
        .await
    }
}

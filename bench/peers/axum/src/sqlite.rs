//! The statements on SQLite.

use std::str::FromStr;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::types::Json;

use crate::store::{NewTask, Store, Task};

/// Plain, both are the same pool.
#[derive(Clone)]
pub struct Sqlite {
    reader: SqlitePool,
    writer: SqlitePool,
}

impl Sqlite {
    /// So many connections, as durable as Taskbridge's.
    pub async fn connect(url: &str, connections: u32, tuned: bool) -> sqlx::Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new();
        if !tuned {
            let pool = pool.max_connections(connections).connect_with(options).await?;
            return Ok(Self { reader: pool.clone(), writer: pool });
        }
        let pool = pool.test_before_acquire(false);
        let writer = pool.clone().max_connections(1).connect_with(options.clone()).await?;
        let readers = pool.max_connections(connections - 1);
        Ok(Self { reader: readers.connect_with(options.read_only(true)).await?, writer })
    }
}

impl Store for Sqlite {
    async fn list(&self, user: &str, limit: i64) -> sqlx::Result<Vec<Task>> {
        sqlx::query_as("SELECT * FROM tasks WHERE user_id = ? ORDER BY id DESC LIMIT ?")
            .bind(user)
            .bind(limit)
            .fetch_all(&self.reader)
            .await
    }

    async fn read(&self, user: &str, id: i64) -> sqlx::Result<Option<Task>> {
        sqlx::query_as("SELECT * FROM tasks WHERE id = ? AND user_id = ?")
            .bind(id)
            .bind(user)
            .fetch_optional(&self.reader)
            .await
    }

    async fn create(&self, user: &str, task: NewTask) -> sqlx::Result<Task> {
        sqlx::query_as(
            "INSERT INTO tasks (user_id, title, description, priority, tags, due_date) \
             VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
        )
        .bind(user)
        .bind(task.title)
        .bind(task.description)
        .bind(task.priority)
        .bind(Json(task.tags))
        .bind(task.due_date)
        .fetch_one(&self.writer)
        .await
    }

    async fn toggle(&self, user: &str, id: i64) -> sqlx::Result<Option<Task>> {
        sqlx::query_as(
            "UPDATE tasks SET completed = NOT completed, updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now') \
             WHERE id = ? AND user_id = ? RETURNING *",
        )
        .bind(id)
        .bind(user)
        .fetch_optional(&self.writer)
        .await
    }
}

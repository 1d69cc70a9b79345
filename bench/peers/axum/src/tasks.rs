//! The handlers.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use crate::App;
use crate::auth::User;
use crate::error::ApiError;
use crate::store::{NewTask, Store, Task};

#[derive(Deserialize)]
pub struct Page {
    #[serde(default = "Page::usual")]
    limit: i64,
}

impl Page {
    fn usual() -> i64 {
        100
    }
}

#[derive(Deserialize)]
pub struct TaskPath {
    id: i64,
}

pub async fn list<S: Store>(
    State(app): State<App<S>>,
    User(user): User,
    Query(page): Query<Page>,
) -> Result<Json<Vec<Task>>, ApiError> {
    if !(1..=200).contains(&page.limit) {
        return Err(ApiError::Invalid("limit must be 1 to 200"));
    }
    Ok(Json(app.store.list(&user, page.limit).await?))
}

pub async fn create<S: Store>(
    State(app): State<App<S>>,
    User(user): User,
    Json(task): Json<NewTask>,
) -> Result<(StatusCode, Json<Task>), ApiError> {
    if !(1..=200).contains(&task.title.chars().count()) {
        return Err(ApiError::Invalid("title must have 1 to 200 characters"));
    }
    if task.description.as_ref().is_some_and(|text| text.chars().count() > 1000) {
        return Err(ApiError::Invalid("description must have at most 1000 characters"));
    }
    Ok((StatusCode::CREATED, Json(app.store.create(&user, task).await?)))
}

pub async fn read<S: Store>(
    State(app): State<App<S>>,
    User(user): User,
    Path(path): Path<TaskPath>,
) -> Result<Json<Task>, ApiError> {
    app.store.read(&user, path.id).await?.map(Json).ok_or(ApiError::NotFound)
}

pub async fn toggle<S: Store>(
    State(app): State<App<S>>,
    User(user): User,
    Path(path): Path<TaskPath>,
) -> Result<Json<Task>, ApiError> {
    app.store.toggle(&user, path.id).await?.map(Json).ok_or(ApiError::NotFound)
}

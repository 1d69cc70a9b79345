//! The tools that write, each as its HTTP operation does.

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::failure::ToolFailure;
use super::result;
use crate::auth::OwnerId;
use crate::http::error::ApiError;
use crate::tasks::handlers::no_room;
use crate::tasks::request::body::TaskBody;
use crate::tasks::request::precondition::Written;
use crate::tasks::store::{Created, Restored, TaskStore};
use crate::tasks::task::model::Task;

/// `add_task`.
pub(super) async fn add(
    store: &TaskStore,
    owner: &OwnerId,
    arguments: Arguments,
) -> Result<Value, ToolFailure> {
    let new = body(arguments)?.new_task().map_err(ApiError::Validation)?;
    match store.create(owner, new).await? {
        Created::Task(task) => Ok(result::one(&task)),
        Created::LimitReached => Err(no_room(store, owner).await?.into()),
        Created::KeyReused => Err(ApiError::IdempotencyKeyReused.into()),
    }
}

/// `update_task`.
pub(super) async fn update(
    store: &TaskStore,
    owner: &OwnerId,
    mut arguments: Arguments,
) -> Result<Value, ToolFailure> {
    let (id, precondition) = (arguments.take_id()?, arguments.take_version()?);
    let changes = body(arguments)?.changes().map_err(ApiError::Validation)?;
    shown(store.update(owner, id, &changes, &precondition).await?)
}

/// `complete_task`. It sets and never flips, so that a repeated call is harmless.
pub(super) async fn complete(
    store: &TaskStore,
    owner: &OwnerId,
    mut arguments: Arguments,
) -> Result<Value, ToolFailure> {
    let (id, precondition) = (arguments.take_id()?, arguments.take_version()?);
    let completed = arguments.boolean("completed").unwrap_or(true);
    arguments.finish()?;
    shown(store.complete(owner, id, Some(completed), &precondition).await?)
}

/// `delete_task`.
pub(super) async fn delete(
    store: &TaskStore,
    owner: &OwnerId,
    mut arguments: Arguments,
) -> Result<Value, ToolFailure> {
    let (id, precondition) = (arguments.take_id()?, arguments.take_version()?);
    store.delete(owner, id, &precondition).await?.done()?;
    Ok(json!({"id": id, "deleted": true}))
}

/// `restore_task`.
pub(super) async fn restore(
    store: &TaskStore,
    owner: &OwnerId,
    mut arguments: Arguments,
) -> Result<Value, ToolFailure> {
    let (id, precondition) = (arguments.take_id()?, arguments.take_version()?);
    match store.restore(owner, id, &precondition).await? {
        Restored::Written(written) => shown(written),
        Restored::LimitReached => Err(no_room(store, owner).await?.into()),
    }
}

fn body(arguments: Arguments) -> Result<TaskBody, ToolFailure> {
    let members = Value::Object(arguments.into_members());
    let read = serde_json::from_value(members);
    read.map_err(|error: serde_json::Error| ApiError::MalformedJson(error.to_string()).into())
}

fn shown(written: Written<Task>) -> Result<Value, ToolFailure> {
    Ok(result::one(&written.done()?))
}

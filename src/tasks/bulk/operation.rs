//! One operation of many, and what became of it. Each does what the single operation does.

use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::base::problem::FieldError;
use crate::http::error::ApiError;
use crate::tasks::request::precondition::Precondition;
use crate::tasks::task::etag::EntityTag;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, Task, TaskChanges};

/// What is to be done, where the precondition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) struct Operation {
    pub(in crate::tasks) what: What,
    /// Of a new task there is none.
    pub(in crate::tasks) precondition: Precondition,
}

/// As the single operations of the same names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum What {
    Create(NewTask),
    Update(TaskId, TaskChanges),
    /// `None` flips.
    Complete(TaskId, Option<bool>),
    Delete(TaskId),
    Restore(TaskId),
}

/// What became of an operation.
pub(in crate::tasks) type Outcome = Result<Done, Failure>;

/// It is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum Done {
    /// A new task.
    Created(Task),
    /// A task as it is now.
    Written(Task),
    /// The task is in the trash.
    Deleted,
    /// It was done by an equal request before, which answered with this status, and the task is gone since.
    Gone(u16),
}

/// Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum Failure {
    /// It breaks rules.
    Invalid(Vec<FieldError>),
    /// There is no such task.
    NotFound,
    /// The task has this tag.
    Stale(EntityTag),
    /// The owner has as many tasks as one may have.
    LimitReached,
}

impl Done {
    /// The status of the single operation.
    pub(in crate::tasks) fn status(&self) -> u16 {
        match self {
            Self::Created(_) => StatusCode::CREATED.as_u16(),
            Self::Written(_) => StatusCode::OK.as_u16(),
            Self::Deleted => StatusCode::NO_CONTENT.as_u16(),
            Self::Gone(status) => *status,
        }
    }

    /// The task, where the answer has one.
    pub(in crate::tasks) fn task(&self) -> Option<&Task> {
        match self {
            Self::Created(task) | Self::Written(task) => Some(task),
            Self::Deleted | Self::Gone(_) => None,
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Invalid(errors) => Self::Validation(errors),
            Failure::NotFound => Self::NotFound,
            Failure::Stale(current) => Self::PreconditionFailed(current.to_header()),
            Failure::LimitReached => Self::TaskLimitReached,
        }
    }
}

/// What is kept of an outcome under an idempotency key: nothing of a task's content. The faults of an operation that
/// breaks rules come with the repeated request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tasks) enum Kept {
    Done(u16, Option<i64>),
    Invalid,
    NotFound,
    Stale(i64),
    LimitReached,
}

impl From<&Outcome> for Kept {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Ok(done) => Self::Done(done.status(), done.task().map(|task| task.id.to_i64())),
            Err(Failure::Invalid(_)) => Self::Invalid,
            Err(Failure::NotFound) => Self::NotFound,
            Err(Failure::Stale(tag)) => Self::Stale(tag.to_seq()),
            Err(Failure::LimitReached) => Self::LimitReached,
        }
    }
}

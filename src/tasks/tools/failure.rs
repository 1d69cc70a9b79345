//! Why a tool did nothing, in two kinds: what a model can do better, which is told to it in plain words, and what only an
//! operator can.

use crate::base::problem::FieldError;
use crate::db::DbError;
use crate::http::error::ApiError;

/// Why a tool did nothing.
#[derive(Debug)]
pub(crate) enum ToolFailure {
    /// The call breaks a rule or does not fit the tasks as they are. The text is for the model.
    Refused(String),
    /// The call may be right.
    Failed(ApiError),
}

impl ToolFailure {
    /// One line for each broken rule.
    pub(super) fn of_rules(faults: &[String]) -> Self {
        Self::Refused(faults.join("\n"))
    }
}

/// A broken rule as a model reads it.
pub(super) fn line(fault: &FieldError) -> String {
    format!("{}: {}", fault.field, fault.detail)
}

impl From<DbError> for ToolFailure {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ApiError> for ToolFailure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Validation(faults) => {
                Self::of_rules(&faults.iter().map(line).collect::<Vec<_>>())
            }
            // The same for a task that is missing and for one of another user.
            ApiError::NotFound => Self::Refused("There is no task with this id.".to_owned()),
            ApiError::PreconditionFailed(_) => {
                let text = "The task has changed since this version; list it again.";
                Self::Refused(text.to_owned())
            }
            error @ ApiError::TaskLimitReached => {
                Self::Refused(error.to_problem().detail().to_owned())
            }
            other => Self::Failed(other),
        }
    }
}

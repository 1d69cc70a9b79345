//! What became of each operation, in their order.

use serde::Serialize;
use serde_json::value::RawValue;

use super::operation::{Done, Failure, Outcome};
use crate::base::problem::{Body, Problem};
use crate::http::error::ApiError;
use crate::tasks::response::json;
use crate::tasks::task::etag::EntityTag;
use crate::tasks::task::id::TaskId;

/// So many bytes of tasks are in an answer, and one task more: what is held for a client that does not read.
const MAX_BYTES: usize = 32 * 1024;

#[derive(Serialize)]
struct Results<'a> {
    results: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    status: u16,
    /// Of a task that is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<TaskId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<Box<RawValue>>,
    /// Of the task as it is now, also where a precondition failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Body<'a>>,
}

/// The whole body.
pub(super) fn written(outcomes: Vec<Outcome>) -> Vec<u8> {
    let outcomes: Vec<_> = outcomes.into_iter().map(answered).collect();
    let mut left = MAX_BYTES;
    let results = outcomes.iter().map(|outcome| entry(outcome, &mut left)).collect();
    // Texts, numbers and JSON that was written before always serialise.
    serde_json::to_vec(&Results { results }).unwrap_or_default()
}

/// A failure as the problem that the single operation answers, and the tag that it names.
fn answered(outcome: Outcome) -> Result<Done, (Problem, Option<EntityTag>)> {
    outcome.map_err(|failure| {
        let current = match &failure {
            Failure::Stale(current) => Some(*current),
            _ => None,
        };
        (ApiError::from(failure).to_problem(), current)
    })
}

/// A task is left out when the ones before it have used up the bytes that are `left`.
fn entry<'a>(
    outcome: &'a Result<Done, (Problem, Option<EntityTag>)>,
    left: &mut usize,
) -> Entry<'a> {
    match outcome {
        Ok(done) => {
            let task = done.task();
            let fits = *left > 0;
            let text =
                task.filter(|_| fits).and_then(|task| String::from_utf8(json::of_task(task)).ok());
            *left = left.saturating_sub(text.as_ref().map_or(0, String::len));
            Entry {
                status: done.status(),
                id: task.filter(|_| !fits).map(|task| task.id),
                task: text.and_then(|text| RawValue::from_string(text).ok()),
                etag: task.map(|task| EntityTag::of(task).to_string()),
                problem: None,
            }
        }
        Err((problem, current)) => Entry {
            status: problem.status(),
            id: None,
            task: None,
            etag: current.map(|current| current.to_string()),
            problem: Some(problem.body(None)),
        },
    }
}

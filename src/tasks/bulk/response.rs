//! What became of each operation, in their order.

use serde::Serialize;
use serde_json::value::RawValue;

use super::operation::{Done, Failure, Outcome};
use crate::base::problem::{Body, Problem};
use crate::http::error::ApiError;
use crate::tasks::response::json;
use crate::tasks::task::etag::EntityTag;

#[derive(Serialize)]
struct Results<'a> {
    results: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    status: u16,
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
    let results = outcomes.iter().map(entry).collect();
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

fn entry(outcome: &Result<Done, (Problem, Option<EntityTag>)>) -> Entry<'_> {
    match outcome {
        Ok(done) => {
            let task = done.task();
            let text = task.and_then(|task| String::from_utf8(json::of_task(task)).ok());
            Entry {
                status: done.status(),
                task: text.and_then(|text| RawValue::from_string(text).ok()),
                etag: task.map(|task| EntityTag::of(task).to_string()),
                problem: None,
            }
        }
        Err((problem, current)) => Entry {
            status: problem.status(),
            task: None,
            etag: current.map(|current| current.to_string()),
            problem: Some(problem.body(None)),
        },
    }
}

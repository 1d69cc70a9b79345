//! The operations on all tasks of a user at once.

use actix_web::http::StatusCode;
use serde_json::json;

use super::{examples, parameters, schemas};
use crate::http::openapi::{Answer, Description, ResponseHeader, reference};

/// `DELETE /tasks?completed=true`.
pub(super) fn clear() -> Description {
    let text = "Deletes every completed task. Without `completed=true` it is 422, so that a lost parameter never deletes everything.";
    let answer = Answer::new("They are gone.")
        .header(ResponseHeader::CacheControl)
        .json(reference("Cleared"), [("cleared", json!({"deleted": 3}))]);
    Description::new(super::TAG, "clearCompleted", "Delete the completed tasks", text)
        .parameter(parameters::completed_only())
        .answer(StatusCode::OK, answer)
        .problems([StatusCode::UNPROCESSABLE_ENTITY])
}

/// `GET /export`.
pub(super) fn export() -> Description {
    let text = "All tasks as one JSON array, streamed, as a file to save.";
    let answer = Answer::new("Every task.")
        .header(ResponseHeader::CacheControl)
        .header(ResponseHeader::ContentDisposition)
        .json(schemas::task_list(), [("export", json!([examples::task()]))]);
    Description::new("account", "exportTasks", "Take everything along", text)
        .answer(StatusCode::OK, answer)
}

/// `DELETE /api/{user_id}`.
pub(super) fn erase() -> Description {
    let text = "Erases everything that is kept about the user, for Better Auth's `deleteUser` hook. Harmless to repeat.";
    Description::new("account", "eraseUser", "Erase everything", text)
        .answer(StatusCode::NO_CONTENT, Answer::new("Nothing is left."))
}

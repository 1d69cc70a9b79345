//! The descriptions of the trash.

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::schema::ArrayBuilder;

use crate::http::openapi::{Description, Response, integer, query_parameter, reference, string};
use crate::tasks::list::params::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::tasks::openapi::{TAG, conditional, examples, one_task, task_response};

/// `GET /trash`.
pub(in crate::tasks) fn list() -> Description {
    let text = "What was deleted, the last one first, as long as it is kept (`TRASH_DAYS`). Go from page to page with the `Link` header.";
    let page = Response::new("A page of the trash.")
        .headers(["Cache-Control", "Link"])
        .json(ArrayBuilder::new().items(reference("DeletedTask")), [("page", json!([deleted()]))]);
    Description::new(TAG, "listTrash", "List what was deleted", text)
        .parameters([
            query_parameter(
                "limit",
                "How many tasks at most.",
                integer(1, MAX_LIMIT).default(Some(json!(DEFAULT_LIMIT))),
            ),
            query_parameter(
                "cursor",
                "From the `Link` header of the page before, as it is.",
                string(),
            ),
        ])
        .response(StatusCode::OK, page)
        .problems([StatusCode::UNPROCESSABLE_ENTITY])
}

/// `POST /trash/{id}/restore`.
pub(in crate::tasks) fn restore() -> Description {
    let text = "The task comes back under its id, as it was, with a new `version`. `If-Match` takes the `version` that it has in the trash.";
    conditional(one_task("restoreTask", "Bring a task back", text))
        .response(StatusCode::OK, task_response("The task.", examples::task()))
        .problems([StatusCode::CONFLICT])
}

/// `DELETE /trash`.
pub(in crate::tasks) fn empty() -> Description {
    let text = "What is in the trash is forgotten for good.";
    let response = Response::new("It is empty.")
        .headers(["Cache-Control"])
        .json(reference("Cleared"), [("cleared", json!({"deleted": 3}))]);
    Description::new(TAG, "emptyTrash", "Empty the trash", text).response(StatusCode::OK, response)
}

fn deleted() -> Value {
    let mut task = examples::task();
    task["deleted_at"] = json!("2026-11-22T07:00:00.000001Z");
    task
}

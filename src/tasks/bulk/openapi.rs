//! The description of the batch.

use actix_web::http::StatusCode;
use serde_json::json;
use utoipa::openapi::Required;

use crate::http::openapi::{Description, Response, reference};
use crate::tasks::openapi::{TAG, examples};

/// `POST /tasks/batch`.
pub(in crate::tasks) fn describe() -> Description {
    let text = "Up to 100 operations in one transaction. Each does what the single operation of that name does, and `results` says what became of each, in the same order. With `atomic` it is all or nothing: the problem of the first that fails is the answer, with its index as `operation`.";
    let examples = [(
        "several",
        json!({"atomic": false, "operations": [
            {"op": "create", "task": {"title": "Buy milk"}},
            {"op": "update", "id": 7, "if_match": "\"12\"", "task": {"priority": "high"}},
            {"op": "complete", "id": 8, "completed": true},
            {"op": "delete", "id": 9},
            {"op": "restore", "id": 10},
        ]}),
    )];
    let results = json!({"results": [
        {"status": 201, "task": examples::task(), "etag": "\"12\""}, {"status": 204},
    ]});
    let response = Response::new("What became of each operation.")
        .headers(["Cache-Control"])
        .json(reference("BatchResults"), [("results", results)]);
    Description::new(TAG, "batchTasks", "Do many things at once", text)
        .header("Idempotency-Key")
        .body("The operations.", Required::True, "Batch", examples)
        .response(StatusCode::OK, response)
        .problems([StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED])
}

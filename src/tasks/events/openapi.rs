//! The description of the stream.

use actix_web::http::StatusCode;
use serde_json::json;

use crate::http::openapi::{Description, Response, string};
use crate::tasks::openapi::TAG;

/// `GET /events`.
pub(in crate::tasks) fn describe() -> Description {
    let text = "Server-Sent Events, to be read with `fetch`, because `EventSource` cannot send a token. `change` says that something has changed and carries the newest token of the feed: ask `GET /changes` then. One is sent at the start. `reauth` is sent when the token expires; the stream ends with it. A comment is sent every 20 seconds. At most 8 streams of one user; above it, or when the instance is full, the answer is 429.";
    let example = "event: change\ndata: {\"next\": \"3q2-7wAAAAEAAAAC\"}\n\n";
    let response = Response::new("The stream.").headers(["Cache-Control"]).text(
        "text/event-stream",
        string(),
        [("hint", json!(example))],
    );
    Description::new(TAG, "followEvents", "Be told of changes", text)
        .response(StatusCode::OK, response)
}

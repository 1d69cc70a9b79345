//! The description of the feed of changes.

use actix_web::http::StatusCode;
use serde_json::json;

use crate::http::openapi::{Description, Response, integer, query_parameter, reference, string};
use crate::tasks::list::params::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::tasks::openapi::{TAG, examples};

/// A token of the feed.
const TOKEN: &str = "3q2-7wAAAAEAAAAC";

/// `GET /changes`.
pub(in crate::tasks) fn describe() -> Description {
    let text = "What has happened to the tasks since a token, in the order of the writes. Without `since` it begins with all tasks. A client that applies every page in order has exactly the list, however writes come in between. A token is good for 30 days at least; one that leads nowhere any more is 410: begin again without it.";
    let page = Response::new("A page of changes.").headers(["Cache-Control"]).json(
        reference("Changes"),
        [(
            "page",
            json!({"changed": [examples::task()], "deleted": [7], "next": TOKEN, "more": false}),
        )],
    );
    Description::new(TAG, "listChanges", "Follow the changes", text)
        .parameters([
            query_parameter("since", "`next` of the page before, as it is.", string()),
            query_parameter(
                "limit",
                "How many changes at most.",
                integer(1, MAX_LIMIT).default(Some(json!(DEFAULT_LIMIT))),
            ),
        ])
        .header("Changes-Since")
        .response(StatusCode::OK, page)
        .problems([StatusCode::GONE, StatusCode::UNPROCESSABLE_ENTITY])
}

//! The description of the list.

use actix_web::http::StatusCode;
use serde_json::json;
use utoipa::openapi::path::{ParameterBuilder, ParameterStyle};
use utoipa::openapi::schema::ArrayBuilder;

use super::params::{DEFAULT_LIMIT, MAX_LIMIT, MAX_SEARCH_CHARS, MAX_TAGS};
use super::sort::SortKey;
use crate::http::openapi::{
    Description, Response, boolean, integer, one_of, query_parameter, string,
};
use crate::tasks::openapi::{TAG, examples, schemas};

/// `GET /tasks`.
pub(in crate::tasks) fn describe() -> Description {
    let text = "A bare array, newest first unless sorted otherwise. Unknown parameters are ignored; a known one with a bad value is 422 and names itself. Go from page to page with the `Link` header: a task that does not change is neither skipped nor repeated while others are added or deleted.";
    let page = Response::new("A page of tasks.")
        .headers(["ETag", "Cache-Control", "Link", "X-Total-Count"])
        .json(schemas::task_list(), [("page", json!([examples::task()])), ("empty", json!([]))]);
    let unchanged = Response::new("No task of the user has changed.").headers(["ETag"]);
    Description::new(TAG, "listTasks", "List tasks", text)
        .parameters(which())
        .parameters(in_which_order())
        .parameters(how_many())
        .header("If-None-Match")
        .response(StatusCode::OK, page)
        .response(StatusCode::NOT_MODIFIED, unchanged)
        .problems([StatusCode::UNPROCESSABLE_ENTITY])
}

fn which() -> [ParameterBuilder; 7] {
    let repeatable = |name, sentence, items: ArrayBuilder| {
        query_parameter(name, sentence, items).style(Some(ParameterStyle::Form)).explode(Some(true))
    };
    [
        query_parameter(
            "status",
            "Only open or only completed tasks.",
            one_of(["all", "pending", "completed"]).default(Some(json!("all"))),
        ),
        query_parameter(
            "completed",
            "The same as `status`, as a truth value. Together they must not contradict each other.",
            boolean(),
        ),
        repeatable(
            "priority",
            "Any of these priorities; repeat it, or write a list with commas.",
            ArrayBuilder::new().items(schemas::priority()),
        ),
        repeatable(
            "tag",
            "Every one of these tags; repeat it for more.",
            ArrayBuilder::new().items(schemas::tag()).max_items(Some(MAX_TAGS)),
        ),
        query_parameter("due_before", "Due before this moment.", schemas::readable_moment())
            .example(Some(json!("2026-12-24"))),
        query_parameter("due_after", "Due after this moment.", schemas::readable_moment())
            .example(Some(json!("2026-12-01T08:00:00Z"))),
        query_parameter(
            "search",
            "A text in the title or the description, whatever the case of its letters and their accents; `%` and `_` stand for themselves. An empty one finds everything.",
            string().max_length(Some(MAX_SEARCH_CHARS)),
        ),
    ]
}

fn in_which_order() -> [ParameterBuilder; 2] {
    let keys = SortKey::ALL.map(SortKey::as_str);
    let sorts: Vec<String> =
        keys.iter().flat_map(|key| [(*key).to_owned(), format!("-{key}")]).collect();
    [
        query_parameter(
            "sort",
            "The order; a leading `-` reverses it. Tasks without a due date come last either way, and `id` breaks ties.",
            one_of(sorts.iter().map(String::as_str)).default(Some(json!("-created_at"))),
        ),
        query_parameter(
            "order",
            "The direction, beside a `sort` without a leading `-`.",
            one_of(["asc", "desc"]),
        ),
    ]
}

fn how_many() -> [ParameterBuilder; 3] {
    [
        query_parameter(
            "limit",
            "How many tasks a page has at most.",
            integer(1, MAX_LIMIT).default(Some(json!(DEFAULT_LIMIT))),
        ),
        query_parameter(
            "cursor",
            "Where the page begins: taken from the `Link` of the page before it, with the same filter and sort.",
            string(),
        ),
        query_parameter(
            "include_total",
            "Count all matching tasks into `X-Total-Count`. With a filter this reads all tasks of the user.",
            boolean().default(Some(json!(false))),
        ),
    ]
}

//! The description of the list's parameters.

use serde_json::json;
use utoipa::openapi::path::{ParameterBuilder, ParameterStyle};
use utoipa::openapi::schema::ArrayBuilder;

use super::params::{DEFAULT_LIMIT, MAX_LIMIT, MAX_SEARCH_CHARS, MAX_TAGS};
use super::sort::SortKey;
use crate::http::openapi::{boolean, integer, one_of, query_parameter, string};
use crate::tasks::openapi::schemas;

/// What a list can be asked for.
pub(in crate::tasks) fn parameters() -> Vec<ParameterBuilder> {
    which().into_iter().chain(in_which_order()).chain(how_many()).collect()
}

fn which() -> Vec<ParameterBuilder> {
    let repeatable = |name, sentence, items: ArrayBuilder| {
        query_parameter(name, sentence, items).style(Some(ParameterStyle::Form)).explode(Some(true))
    };
    vec![
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
            "A text in the title or the description, whatever the case of its ASCII letters; `%` and `_` stand for themselves. An empty one finds everything.",
            string().max_length(Some(MAX_SEARCH_CHARS)).pattern(Some(schemas::NO_NUL)),
        ),
    ]
}

fn in_which_order() -> Vec<ParameterBuilder> {
    let keys = SortKey::ALL.map(SortKey::as_str);
    let sorts: Vec<String> =
        keys.iter().flat_map(|key| [(*key).to_owned(), format!("-{key}")]).collect();
    vec![
        query_parameter(
            "sort",
            "The order; a leading `-` turns it round. Tasks without a due date come last either way, and `id` breaks ties.",
            one_of(sorts.iter().map(String::as_str)).default(Some(json!("-created_at"))),
        ),
        query_parameter(
            "order",
            "The direction, beside a `sort` without a leading `-`.",
            one_of(["asc", "desc"]),
        ),
    ]
}

fn how_many() -> Vec<ParameterBuilder> {
    vec![
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
            "Count all matching tasks into `X-Total-Count`, which costs a second query.",
            boolean().default(Some(json!(false))),
        ),
    ]
}

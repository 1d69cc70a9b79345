//! The tools that read. The arguments become the query string that a client of the HTTP API would write, so that the
//! rules, the texts and the cursors are those of the list.

use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::arguments::Arguments;
use super::failure::ToolFailure;
use super::result;
use crate::auth::OwnerId;
use crate::http::error::ApiError;
use crate::tasks::list::params::{CURSOR, ListParams};
use crate::tasks::list::position::Position;
use crate::tasks::store::TaskStore;
use crate::tasks::trash::cursor;

/// How many tasks a page has without `limit`.
pub(super) const DEFAULT_LIMIT: i64 = 25;

/// The most that `limit` can ask for.
pub(super) const MAX_LIMIT: i64 = 100;

/// Arguments that are one text, named as in the query string.
const TEXTS: [&str; 5] = ["search", "due_before", "due_after", "sort", "cursor"];

/// `list_tasks`.
pub(super) async fn tasks(
    store: &TaskStore,
    owner: &OwnerId,
    arguments: Arguments,
) -> Result<Value, ToolFailure> {
    let query = query(arguments)?;
    let params = ListParams::parse(&query, owner.as_str()).map_err(ApiError::Validation)?;
    let page = store.list(owner, &params).await?;
    let shown = result::page(page.tasks.iter().map(|task| result::task(task, None)));
    let next = match shown.len().checked_sub(1).and_then(|last| page.tasks.get(last)) {
        Some(last) if shown.len() < page.tasks.len() => Some(Position::of(last, params.sort.key)),
        _ => page.next,
    };
    let mut found = json!({"tasks": shown});
    if let Some(next) = next {
        found["next_cursor"] = json!(params.cursor(owner.as_str(), &next));
    }
    if let Some(total) = page.total {
        found["total"] = json!(total);
    }
    Ok(found)
}

/// `list_trash`.
pub(super) async fn trash(
    store: &TaskStore,
    owner: &OwnerId,
    mut arguments: Arguments,
) -> Result<Value, ToolFailure> {
    let limit = arguments.count("limit", MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
    let after = arguments.text("cursor");
    arguments.finish()?;
    let below = match after {
        Some(text) => cursor::parse(&text, owner.as_str())
            .ok_or_else(|| ApiError::Validation(vec![CURSOR]))?,
        None => i64::MAX,
    };
    let rows = store.trash(owner, below, limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let deleted = rows.iter().take(most).map(|(task, at)| result::task(task, Some(*at)));
    let shown = result::page(deleted);
    let last = shown.len().checked_sub(1).and_then(|last| rows.get(last));
    let next = last.filter(|_| rows.len() > shown.len());
    let mut found = json!({"tasks": shown});
    if let Some((last, _)) = next {
        found["next_cursor"] = json!(cursor::after(last.seq, owner.as_str()));
    }
    Ok(found)
}

/// The query string that asks for the same.
fn query(mut arguments: Arguments) -> Result<String, ToolFailure> {
    let mut query = Serializer::new(String::new());
    for name in ["completed", "include_total"] {
        if let Some(value) = arguments.boolean(name) {
            query.append_pair(name, if value { "true" } else { "false" });
        }
    }
    for name in TEXTS {
        if let Some(text) = arguments.text(name) {
            query.append_pair(name, &text);
        }
    }
    for name in ["priority", "tag"] {
        for text in arguments.texts(name) {
            query.append_pair(name, &text);
        }
    }
    let limit = arguments.count("limit", MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
    query.append_pair("limit", &limit.to_string());
    arguments.finish()?;
    Ok(query.finish())
}

//! The schemas of arguments and results (JSON Schema 2020-12), with the limits that the rules check. They list every
//! member there can be, and no other is allowed.

use serde_json::{Value, json};

use super::Tool;
use super::list::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::tasks::list::params::{MAX_SEARCH_CHARS, MAX_TAGS as MAX_FILTER_TAGS};
use crate::tasks::list::sort::SortKey;
use crate::tasks::request::fields::{
    MAX_DESCRIPTION_CHARS, MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS,
};
use crate::tasks::task::id::MAX_ID;

/// The arguments of a tool.
pub(super) fn input(tool: Tool) -> Value {
    match tool {
        Tool::ListTasks => object(query(), &[]),
        Tool::ListTrash => object(json!({"limit": limit(), "cursor": cursor()}), &[]),
        Tool::AddTask => object(members(), &["title"]),
        Tool::UpdateTask => object(with(members(), &selection()), &["id"]),
        Tool::CompleteTask => {
            let completed = json!({"type": "boolean", "default": true, "description": "false: not done after all."});
            object(with(json!({"completed": completed}), &selection()), &["id"])
        }
        Tool::DeleteTask | Tool::RestoreTask => object(selection(), &["id"]),
    }
}

/// The result of a tool.
pub(super) fn output(tool: Tool) -> Value {
    match tool {
        Tool::ListTasks => {
            let total = json!({"type": "integer", "description": "How many tasks pass the filters; only with include_total."});
            page(task(), json!({"total": total}))
        }
        Tool::ListTrash => page(deleted_task(), json!({})),
        Tool::DeleteTask => {
            object(json!({"id": id(), "deleted": {"const": true}}), &["id", "deleted"])
        }
        Tool::AddTask | Tool::UpdateTask | Tool::CompleteTask | Tool::RestoreTask => {
            object(json!({"task": task()}), &["task"])
        }
    }
}

/// What a list can be asked for.
fn query() -> Value {
    let keys = SortKey::ALL.map(SortKey::as_str);
    let orders: Vec<String> =
        keys.iter().flat_map(|key| [(*key).to_owned(), format!("-{key}")]).collect();
    let page = json!({
        "sort": {
            "type": "string", "enum": orders, "default": "-created_at",
            "description": "What to sort by; - for the largest, newest or most urgent first. Tasks without a due date come last.",
        },
        "limit": limit(),
        "cursor": cursor(),
        "include_total": {
            "type": "boolean", "default": false,
            "description": "Also count all tasks that pass the filters.",
        },
    });
    with(filters(), &page)
}

fn filters() -> Value {
    let moment = |words: &str| {
        let description = format!("{words} (RFC 3339, or a date YYYY-MM-DD in UTC).");
        json!({"type": "string", "description": description})
    };
    json!({
        "completed": {"type": "boolean", "description": "Only done tasks, or only open ones."},
        "priority": {
            "type": "array", "items": priority(), "minItems": 1,
            "description": "Only tasks with one of these priorities.",
        },
        "tag": {
            "type": "array", "items": tag(), "maxItems": MAX_FILTER_TAGS,
            "description": "Only tasks that carry all of these tags.",
        },
        "search": {
            "type": "string", "maxLength": MAX_SEARCH_CHARS,
            "description": "Only tasks whose title or description contains this text, whatever its case and accents.",
        },
        "due_before": moment("Only tasks that are due before this moment"),
        "due_after": moment("Only tasks that are due after this moment"),
    })
}

/// The members of a task that a user decides on.
fn members() -> Value {
    json!({
        "title": {"type": "string", "minLength": 1, "maxLength": MAX_TITLE_CHARS},
        "description": {"type": ["string", "null"], "maxLength": MAX_DESCRIPTION_CHARS},
        "completed": {"type": "boolean"},
        "priority": priority(),
        "tags": {"type": "array", "items": tag(), "maxItems": MAX_TAGS, "uniqueItems": true},
        "due_date": {
            "type": ["string", "null"],
            "description": "When it is due: RFC 3339, or a date YYYY-MM-DD in UTC.",
        },
    })
}

/// Which task, and in which state.
fn selection() -> Value {
    json!({
        "id": id(),
        "version": {
            "type": "integer", "minimum": 1,
            "description": "Do it only while the task still has this version, so that no newer change is overwritten.",
        },
    })
}

fn task() -> Value {
    let moment = || json!({"type": "string", "format": "date-time"});
    let own = json!({
        "id": id(),
        "due_date": {"type": ["string", "null"], "format": "date-time"},
        "created_at": moment(),
        "updated_at": moment(),
        "version": {"type": "integer", "description": "New with every change."},
    });
    let properties = with(members(), &own);
    let names: Vec<String> =
        properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    object(properties, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn deleted_task() -> Value {
    let mut task = task();
    task["properties"]["deleted_at"] = json!({"type": "string", "format": "date-time"});
    if let Some(required) = task["required"].as_array_mut() {
        required.push(json!("deleted_at"));
    }
    task
}

fn page(task: Value, more: Value) -> Value {
    let own = json!({
        "tasks": {"type": "array", "items": task},
        "next_cursor": {"type": "string", "description": "Where the next page begins, while there is one."},
    });
    object(with(more, &own), &["tasks"])
}

fn id() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": MAX_ID, "description": "The task's id."})
}

fn priority() -> Value {
    json!({"type": "string", "enum": ["low", "medium", "high"]})
}

fn tag() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": MAX_TAG_CHARS})
}

fn limit() -> Value {
    json!({
        "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT,
        "description": "How many tasks at most; fewer when they are long.",
    })
}

fn cursor() -> Value {
    json!({"type": "string", "description": "next_cursor of the page before, as it is."})
}

/// An object with these members and no others.
fn object(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The members of both objects.
fn with(mut properties: Value, more: &Value) -> Value {
    for (name, schema) in more.as_object().into_iter().flatten() {
        properties[name] = schema.clone();
    }
    properties
}

//! The description of the task operations.

mod examples;
mod many;
mod parameters;
pub(in crate::tasks) mod schemas;

use actix_web::http::StatusCode;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::body::TaskBody;
use super::clear::Cleared;
use super::dto::TaskResponse;
use super::list;
use crate::http::openapi::{Answer, Description, ResponseHeader, json_body, reference};
use crate::http::operation::Operation;

const TAG: &str = "tasks";

/// The schemas that the descriptions refer to.
pub(crate) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    vec![
        (TaskResponse::name().into_owned(), TaskResponse::schema()),
        (TaskBody::name().into_owned(), TaskBody::schema()),
        ("NewTask".to_owned(), schemas::new_task()),
        ("Completion".to_owned(), schemas::completion().into()),
        (Cleared::name().into_owned(), Cleared::schema()),
    ]
}

/// Describes a row of [`super::OPERATIONS`].
pub(crate) fn describe(operation: &Operation) -> Option<Description> {
    let description = match (operation.method.as_str(), operation.path) {
        ("GET", "/tasks") => list_tasks(),
        ("POST", "/tasks") => create(),
        ("DELETE", "/tasks") => many::clear(),
        ("GET", "/tasks/{id}") => read(),
        ("PUT", "/tasks/{id}") => change("replaceTask", "Change a task with PUT"),
        ("PATCH", "/tasks/{id}") => change("updateTask", "Change a task"),
        ("DELETE", "/tasks/{id}") => delete(),
        ("PATCH", "/tasks/{id}/complete") => complete(),
        ("GET", "/export") => many::export(),
        ("DELETE", "") => many::erase(),
        _ => return None,
    };
    Some(description.problems([StatusCode::SERVICE_UNAVAILABLE]))
}

fn list_tasks() -> Description {
    let text = "A bare array, newest first unless sorted otherwise. Unknown parameters are ignored; a known one with a bad value is 422 and names itself. Go from page to page with the `Link` header: a task that stands still is neither skipped nor repeated while others come and go.";
    let page = Answer::new("A page of tasks.")
        .header(ResponseHeader::CacheControl)
        .header(ResponseHeader::Link)
        .header(ResponseHeader::XTotalCount)
        .json(schemas::task_list(), [("page", json!([examples::task()])), ("empty", json!([]))]);
    list::openapi::parameters()
        .into_iter()
        .fold(Description::new(TAG, "listTasks", "List tasks", text), Description::parameter)
        .answer(StatusCode::OK, page)
        .problems([StatusCode::UNPROCESSABLE_ENTITY])
}

fn create() -> Description {
    let text = "Everything but the title has a default. Members that are unknown or belong to the server are ignored.";
    let mut created =
        task_answer("The new task.", examples::task()).header(ResponseHeader::Location);
    for (id, name) in [
        ("getTask", "Read it"),
        ("replaceTask", "Change it with PUT"),
        ("updateTask", "Change it"),
        ("completeTask", "Complete it"),
        ("deleteTask", "Delete it"),
    ] {
        created = created.link(id, to(id, name));
    }
    Description::new(TAG, "createTask", "Make a task", text)
        .header("Idempotency-Key")
        .body(json_body(
            "The task.",
            reference("NewTask"),
            true,
            [("smallest", examples::smallest()), ("full", examples::full())],
        ))
        .answer(StatusCode::CREATED, created)
        .problems([StatusCode::CONFLICT])
}

fn read() -> Description {
    let text = "Missing, deleted and somebody else's tasks are answered with the same bytes.";
    let unchanged = Answer::new("The client's copy is current.").header(ResponseHeader::ETag);
    one_task("getTask", "Read a task", text)
        .header("If-None-Match")
        .answer(StatusCode::OK, task_answer("The task.", examples::task()))
        .answer(StatusCode::NOT_MODIFIED, unchanged)
}

fn change(id: &str, summary: &str) -> Description {
    let text = "PUT and PATCH do the same (RFC 7396): members that are left out stay, `null` clears where null is allowed. Front ends send partial PUTs; replacing would wipe what they left out. Every change gives a new `ETag`.";
    written(one_task(id, summary, text)).body(json_body(
        "What is to be different.",
        reference("TaskChanges"),
        true,
        [
            ("title", json!({"title": "Buy oat milk"})),
            ("clear", json!({"due_date": null, "description": null})),
        ],
    ))
}

fn complete() -> Description {
    let text = "Without a body it flips, in one statement. With `completed` it sets, so that a retry is harmless.";
    written(one_task("completeTask", "Complete a task, or reopen it", text)).body(json_body(
        "What the task is to be; optional.",
        reference("Completion"),
        false,
        [("set", json!({"completed": true})), ("flip", json!({}))],
    ))
}

fn delete() -> Description {
    conditional(one_task("deleteTask", "Delete a task", "Its id is never used again."))
        .answer(StatusCode::NO_CONTENT, Answer::new("It is gone."))
}

/// What all operations on one task share.
fn one_task(id: &str, summary: &str, text: &str) -> Description {
    Description::new(TAG, id, summary, text).parameter(parameters::id()).problems([
        StatusCode::BAD_REQUEST,
        StatusCode::NOT_FOUND,
        StatusCode::UNPROCESSABLE_ENTITY,
    ])
}

/// What every write to one task can be made to depend on.
fn conditional(description: Description) -> Description {
    description.header("If-Match").problems([StatusCode::PRECONDITION_FAILED])
}

fn written(description: Description) -> Description {
    conditional(description)
        .answer(StatusCode::OK, task_answer("The task as it is now.", examples::completed()))
}

fn task_answer(sentence: &str, example: serde_json::Value) -> Answer {
    Answer::new(sentence)
        .header(ResponseHeader::ETag)
        .header(ResponseHeader::CacheControl)
        .json(reference("Task"), [("task", example)])
}

/// From the answer to a POST on to an operation on the new task.
fn to(operation: &str, sentence: &str) -> Link {
    LinkBuilder::new()
        .operation_id(operation)
        .description(sentence)
        .parameter("user_id", "$response.body#/user_id")
        .parameter("id", "$response.body#/id")
        .build()
}

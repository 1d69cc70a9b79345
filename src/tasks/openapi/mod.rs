//! The descriptions of the task operations, except for the list's, which is in [`super::list`].

pub(in crate::tasks) mod examples;
pub(in crate::tasks) mod schemas;

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::Required;
use utoipa::openapi::link::{Link, LinkBuilder};

use super::clear::Cleared;
use super::request::body::TaskBody;
use super::response::shape::TaskResponse;
use crate::http::openapi::{
    Description, NamedSchema, Response, boolean, named, path_parameter, query_parameter, reference,
};

pub(in crate::tasks) const TAG: &str = "tasks";

/// The schemas that the descriptions refer to.
pub(crate) fn schemas() -> [NamedSchema; 9] {
    [
        named::<TaskResponse<'_>>(),
        named::<TaskBody>(),
        ("NewTask".to_owned(), schemas::new_task()),
        ("Completion".to_owned(), schemas::completion().into()),
        named::<Cleared>(),
        ("DeletedTask".to_owned(), schemas::deleted_task().into()),
        ("Changes".to_owned(), schemas::changes().into()),
        ("Batch".to_owned(), schemas::batch().into()),
        ("BatchResults".to_owned(), schemas::batch_results().into()),
    ]
}

pub(super) fn create() -> Description {
    let text = "Everything but the title has a default. Members that are unknown or belong to the server are ignored.";
    let created = task_response("The new task.", examples::task()).headers(["Location"]);
    let created = [
        ("getTask", "Read it"),
        ("replaceTask", "Change it with PUT"),
        ("updateTask", "Change it"),
        ("completeTask", "Complete it"),
        ("deleteTask", "Delete it"),
    ]
    .into_iter()
    .fold(created, |created, (id, sentence)| created.link(id, link(id, sentence)));
    let examples = [("smallest", json!({"title": "Buy milk"})), ("full", examples::new_task())];
    Description::new(TAG, "createTask", "Make a task", text)
        .header("Idempotency-Key")
        .body("The task.", Required::True, "NewTask", examples)
        .response(StatusCode::CREATED, created)
        .problems([StatusCode::CONFLICT])
}

pub(super) fn read() -> Description {
    let text = "A task that is missing, deleted or another user's is answered with the same bytes.";
    let unchanged = Response::new("The client's copy is current.").headers(["ETag"]);
    one_task("getTask", "Read a task", text)
        .header("If-None-Match")
        .response(StatusCode::OK, task_response("The task.", examples::task()))
        .response(StatusCode::NOT_MODIFIED, unchanged)
}

pub(super) fn replace() -> Description {
    change("replaceTask", "Change a task with PUT")
}

pub(super) fn update() -> Description {
    change("updateTask", "Change a task")
}

fn change(id: &str, summary: &str) -> Description {
    let text = "PUT and PATCH do the same (RFC 7396): members that are left out stay, `null` clears where null is allowed. Front ends send partial PUTs; replacing would wipe what they left out. Every change gives a new `ETag`.";
    let examples = [
        ("title", json!({"title": "Buy oat milk"})),
        ("clear", json!({"due_date": null, "description": null})),
    ];
    written(one_task(id, summary, text)).body(
        "What is to be different.",
        Required::True,
        "TaskChanges",
        examples,
    )
}

pub(super) fn complete() -> Description {
    let text = "Without a body it toggles the state, in one statement. With `completed` it sets the state, so that a retry is harmless.";
    written(one_task("completeTask", "Complete a task, or reopen it", text)).body(
        "What the task is to be; optional.",
        Required::False,
        "Completion",
        [("set", json!({"completed": true})), ("flip", json!({}))],
    )
}

pub(super) fn delete() -> Description {
    conditional(one_task(
        "deleteTask",
        "Delete a task",
        "It goes to the trash, from which it can be restored. Its id is never used again.",
    ))
    .response(StatusCode::NO_CONTENT, Response::new("It is gone."))
}

pub(super) fn clear() -> Description {
    let text = "Moves every completed task to the trash. Without `completed=true` it is 422, so that a lost parameter never deletes everything.";
    let response = Response::new("They are gone.")
        .headers(["Cache-Control"])
        .json(reference("Cleared"), [("cleared", json!({"deleted": 3}))]);
    let deliberate = query_parameter(
        "completed",
        "Must be `true`: without it nothing is deleted, and the answer is 422.",
        boolean().enum_values(Some([true])),
    )
    .required(Required::True)
    .example(Some(json!(true)));
    Description::new(TAG, "clearCompleted", "Delete the completed tasks", text)
        .parameters([deliberate])
        .response(StatusCode::OK, response)
        .problems([StatusCode::UNPROCESSABLE_ENTITY])
}

pub(super) fn export() -> Description {
    let text = "All tasks as one JSON array, streamed, as a file to save; with `trash=true` what is in the trash, each task with `deleted_at`. One user may have four exports under way; a further one is 429.";
    let response = Response::new("Every task.")
        .headers(["Cache-Control", "Content-Disposition"])
        .json(schemas::task_list(), [("export", json!([examples::task()]))]);
    let which = query_parameter("trash", "The trash instead of the tasks.", boolean());
    Description::new("account", "exportTasks", "Export all tasks", text)
        .parameters([which])
        .response(StatusCode::OK, response)
        .problems([StatusCode::UNPROCESSABLE_ENTITY])
}

pub(super) fn erase() -> Description {
    let text = "Erases everything that is kept about the user, for Better Auth's `deleteUser` hook. From then on every token of the user is 401 `account_erased`, also when this is repeated.";
    Description::new("account", "eraseUser", "Erase everything", text)
        .response(StatusCode::NO_CONTENT, Response::new("Nothing is left."))
}

/// What all operations on one task share.
pub(in crate::tasks) fn one_task(id: &str, summary: &str, text: &str) -> Description {
    let which = path_parameter(
        "id",
        "Which task. Not an integer: 400; an impossible one: 422.",
        schemas::id(),
    );
    Description::new(TAG, id, summary, text)
        .parameters([which.example(Some(examples::task()["id"].clone()))])
        .problems([StatusCode::NOT_FOUND, StatusCode::UNPROCESSABLE_ENTITY])
}

/// What every write to one task can be made to depend on.
pub(in crate::tasks) fn conditional(description: Description) -> Description {
    description.header("If-Match").problems([StatusCode::PRECONDITION_FAILED])
}

fn written(description: Description) -> Description {
    conditional(description)
        .response(StatusCode::OK, task_response("The task as it is now.", examples::completed()))
}

pub(in crate::tasks) fn task_response(sentence: &str, example: Value) -> Response {
    Response::new(sentence)
        .headers(["ETag", "Cache-Control"])
        .json(reference("Task"), [("task", example)])
}

/// From the answer to a POST to an operation on the new task.
fn link(operation: &str, sentence: &str) -> Link {
    LinkBuilder::new()
        .operation_id(operation)
        .description(sentence)
        .parameter("user_id", "$response.body#/user_id")
        .parameter("id", "$response.body#/id")
        .build()
}

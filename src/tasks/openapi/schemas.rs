//! The schemas of a task's members, with the limits that `fields` checks, and the bodies made of them.

use utoipa::PartialSchema;
use utoipa::openapi::schema::{
    AllOfBuilder, AnyOfBuilder, ArrayBuilder, KnownFormat, Schema, SchemaFormat, Type,
};
use utoipa::openapi::{ObjectBuilder, RefOr};

use crate::http::openapi::{boolean, integer, nullable, object, one_of, reference, string};
use crate::tasks::bulk::MAX_OPERATIONS;
use crate::tasks::request::body::TaskBody;
use crate::tasks::request::fields::{
    MAX_DESCRIPTION_CHARS, MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS,
};
use crate::tasks::task::id::MAX_ID;

/// At least one character that is not white space, and no U+0000.
const VISIBLE: &str = r"^[^\u0000]*[^\s\u0000][^\u0000]*$";

/// Anything but U+0000.
const NO_NUL: &str = r"^[^\u0000]*$";

pub(in crate::tasks) fn id() -> ObjectBuilder {
    integer(1, MAX_ID)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some(
            "Assigned by the server, never reused. Below 2^53, so that JavaScript reads it exactly.",
        ))
        .examples([59_551_795_828_352_i64])
}

pub(in crate::tasks) fn user_id() -> ObjectBuilder {
    string().min_length(Some(1)).description(Some("The owner, as Better Auth names them."))
}

pub(in crate::tasks) fn title() -> ObjectBuilder {
    string()
        .min_length(Some(1))
        .max_length(Some(MAX_TITLE_CHARS))
        .pattern(Some(VISIBLE))
        .description(Some("White space at both ends is trimmed; what is left has 1 to 200 characters (Unicode scalar values)."))
}

pub(in crate::tasks) fn description() -> ObjectBuilder {
    nullable(string(), Type::String)
        .max_length(Some(MAX_DESCRIPTION_CHARS))
        .pattern(Some(NO_NUL))
        .description(Some("Kept as it is; an empty text stays an empty text."))
}

pub(in crate::tasks) fn completed() -> ObjectBuilder {
    boolean()
}

pub(in crate::tasks) fn priority() -> ObjectBuilder {
    one_of(["low", "medium", "high"])
}

pub(in crate::tasks) fn tag() -> ObjectBuilder {
    string().min_length(Some(1)).max_length(Some(MAX_TAG_CHARS)).pattern(Some(VISIBLE))
}

pub(in crate::tasks) fn tags() -> ArrayBuilder {
    ArrayBuilder::new()
        .items(tag())
        .max_items(Some(MAX_TAGS))
        .unique_items(true)
        .description(Some("In the order given. Each is trimmed; none may be repeated."))
}

/// A moment as the server writes it.
pub(in crate::tasks) fn moment() -> ObjectBuilder {
    string()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some("RFC 3339 in UTC, with microseconds at most."))
}

pub(in crate::tasks) fn moment_or_null() -> ObjectBuilder {
    nullable(moment(), Type::String)
}

/// A moment as the server reads it: a date-time with any offset, or a plain date.
pub(in crate::tasks) fn readable_moment() -> AnyOfBuilder {
    AnyOfBuilder::new()
        .item(string().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))))
        .item(string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))))
}

pub(in crate::tasks) fn due_date() -> AnyOfBuilder {
    readable_moment()
        .item(one_of([""]))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some(
            "A date-time, a date (its midnight in UTC), or null; an empty text counts as null.",
        ))
}

/// The number of a task's last write.
pub(in crate::tasks) fn version() -> ObjectBuilder {
    integer(1, i64::MAX)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some("New with every write; in quotes it is the task's `ETag`."))
        .examples([12])
}

/// The body of a POST: the members of a PUT or PATCH, of which the title is required.
pub(super) fn new_task() -> RefOr<Schema> {
    let mut schema = TaskBody::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.required = vec!["title".to_owned()];
        object.description = Some("A task to be made. Only the title is required.".to_owned());
    }
    schema
}

/// The optional body of the operation that completes.
pub(super) fn completion() -> ObjectBuilder {
    ObjectBuilder::new()
        .property("completed", completed())
        .description(Some("Without `completed` the state is toggled."))
}

/// A page of tasks.
pub(in crate::tasks) fn task_list() -> ArrayBuilder {
    ArrayBuilder::new().items(reference("Task"))
}

/// A task and the moment of its deletion.
pub(super) fn deleted_task() -> AllOfBuilder {
    let moment = ObjectBuilder::new().property("deleted_at", moment()).required("deleted_at");
    AllOfBuilder::new()
        .item(reference("Task"))
        .item(moment)
        .description(Some("A task in the trash."))
}

/// A page of the feed.
pub(super) fn changes() -> ObjectBuilder {
    ObjectBuilder::new()
        .description(Some("What has happened, each task at most once."))
        .property("changed", task_list())
        .required("changed")
        .property("deleted", ArrayBuilder::new().items(id()))
        .required("deleted")
        .property("next", string().description(Some("Where to go on from.")))
        .required("next")
        .property("more", boolean().description(Some("Whether there is more already.")))
        .required("more")
}

/// The operations of a batch.
pub(super) fn batch() -> ObjectBuilder {
    let operation = ObjectBuilder::new()
        .property("op", one_of(["create", "update", "complete", "delete", "restore"]))
        .required("op")
        .property("id", id().description(Some("Which task; of all but `create`.")))
        .property("if_match", string().description(Some("As the header `If-Match`.")))
        .property("task", reference("TaskChanges"))
        .property("completed", completed());
    let operations = ArrayBuilder::new().items(operation).min_items(Some(1));
    ObjectBuilder::new()
        .description(Some("Operations that are done one after another in one transaction."))
        .property("atomic", boolean().description(Some("All or nothing; `false` by default.")))
        .property("operations", operations.max_items(Some(MAX_OPERATIONS)))
        .required("operations")
}

/// What became of them.
pub(super) fn batch_results() -> ObjectBuilder {
    let result = ObjectBuilder::new()
        .property("status", integer(200, 422).description(Some("Of the single operation.")))
        .required("status")
        .property("task", reference("Task"))
        .property("id", id().description(Some("Where the task is left out of a long answer.")))
        .property("etag", string().description(Some("Of the task as it is now.")))
        .property("problem", object().description(Some("As the single operation answers it.")));
    ObjectBuilder::new()
        .description(Some("One result for each operation, in the same order."))
        .property("results", ArrayBuilder::new().items(result))
        .required("results")
}

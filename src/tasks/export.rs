//! `GET /api/{user_id}/export`: all of the caller's tasks as one JSON array, oldest id first.
//!
//! The array is written batch by batch, each read when the client has taken the one before, so
//! neither memory nor a connection is held for the whole of it, and a download that is given up stops
//! reading. A task that stands still while others come and go is in it exactly once.

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::{self, Stream};

use super::response::json;
use super::store::TaskStore;
use super::task::id::TaskId;
use super::task::model::Task;
use crate::auth::OwnerId;
use crate::db::DbError;
use crate::http::error::ApiError;

/// How many tasks are read at a time.
const BATCH: u16 = 500;

const ATTACHMENT: (actix_web::http::header::HeaderName, &str) =
    (CONTENT_DISPOSITION, "attachment; filename=\"tasks.json\"");

pub(super) async fn export(
    owner: OwnerId,
    store: web::Data<TaskStore>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    // Read before the status is sent, so that a database that is away is still a 503.
    let first = store.batch(&owner, None, BATCH).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header(ATTACHMENT).insert_header(ContentType::json());
    if request.method() == Method::HEAD {
        return Ok(answer.streaming(stream::empty::<Result<Bytes, DbError>>()));
    }
    Ok(answer.streaming(array(store, owner, first)))
}

/// What is still to be written.
enum Rest {
    /// This batch, which is the first one.
    First(Vec<Task>),
    /// The tasks after this id.
    After(TaskId),
    /// Nothing.
    Nothing,
}

/// The bytes of the array. After an error it ends without its closing bracket, and the server breaks
/// the connection off, so that no client takes a part for the whole.
fn array(
    store: web::Data<TaskStore>,
    owner: OwnerId,
    first: Vec<Task>,
) -> impl Stream<Item = Result<Bytes, DbError>> {
    stream::try_unfold((store, owner, Rest::First(first)), |(store, owner, rest)| async move {
        let (is_first, batch) = match rest {
            Rest::First(batch) => (true, batch),
            Rest::After(id) => (false, store.batch(&owner, Some(id), BATCH).await?),
            Rest::Nothing => return Ok(None),
        };
        let last = batch.last().filter(|_| batch.len() == usize::from(BATCH));
        let rest = last.map_or(Rest::Nothing, |task| Rest::After(task.id));
        let bytes = written(&batch, is_first, matches!(rest, Rest::Nothing));
        Ok(Some((bytes, (store, owner, rest))))
    })
}

/// This batch's part of the array.
fn written(batch: &[Task], is_first: bool, is_last: bool) -> Bytes {
    let mut bytes = Vec::new();
    if is_first {
        bytes.push(b'[');
    } else if !batch.is_empty() {
        bytes.push(b',');
    }
    json::write_tasks(&mut bytes, batch);
    if is_last {
        bytes.push(b']');
    }
    bytes.into()
}

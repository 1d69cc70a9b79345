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

use super::bulk;
use super::id::TaskId;
use super::json;
use super::model::Task;
use crate::auth::OwnerId;
use crate::db::{Db, DbConnection, DbError};
use crate::http::error::ApiError;

/// How many tasks are read at a time.
const BATCH: usize = 500;

const ATTACHMENT: (actix_web::http::header::HeaderName, &str) =
    (CONTENT_DISPOSITION, "attachment; filename=\"tasks.json\"");

pub(super) async fn export(
    owner: OwnerId,
    db: web::Data<Db>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    // Read before the status is sent, so that a database that is away is still a 503.
    let reader = Reader { db: Db::clone(&db), owner };
    let first = reader.batch(None).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header(ATTACHMENT).insert_header(ContentType::json());
    if request.method() == Method::HEAD {
        return Ok(answer.streaming(stream::empty::<Result<Bytes, DbError>>()));
    }
    Ok(answer.streaming(array(reader, first)))
}

struct Reader {
    db: Db,
    owner: OwnerId,
}

impl Reader {
    async fn batch(&self, after: Option<TaskId>) -> Result<Vec<Task>, DbError> {
        let (owner, limit) = (self.owner.clone(), i64::try_from(BATCH).unwrap_or(i64::MAX));
        let batch = move |connection: &mut DbConnection, owner: &OwnerId| {
            bulk::batch(connection, owner, after, limit)
        };
        self.db.run_for(owner, batch).await
    }
}

/// What is still to be written.
enum Rest {
    /// This batch, which is the first one.
    First(Vec<Task>),
    /// The tasks behind this id.
    Behind(TaskId),
    /// Nothing.
    Nothing,
}

/// The bytes of the array. After an error it ends without its closing bracket, and the server breaks
/// the connection off, so that nobody takes a part for the whole.
fn array(reader: Reader, first: Vec<Task>) -> impl Stream<Item = Result<Bytes, DbError>> {
    stream::try_unfold((reader, Rest::First(first)), |(reader, rest)| async move {
        let (is_first, batch) = match rest {
            Rest::First(batch) => (true, batch),
            Rest::Behind(id) => (false, reader.batch(Some(id)).await?),
            Rest::Nothing => return Ok(None),
        };
        let last = batch.last().filter(|_| batch.len() == BATCH);
        let rest = last.map_or(Rest::Nothing, |task| Rest::Behind(task.id));
        let bytes = written(&batch, is_first, matches!(rest, Rest::Nothing));
        Ok(Some((bytes, (reader, rest))))
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

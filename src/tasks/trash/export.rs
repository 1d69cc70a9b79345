//! The trash as one JSON array, what was deleted last first, written as the client takes it.

use actix_web::web::{Bytes, Data};
use futures_util::stream::{self, Stream};

use super::shape;
use crate::auth::OwnerId;
use crate::db::DbError;
use crate::db::Timestamp;
use crate::tasks::store::TaskStore;
use crate::tasks::task::model::Task;

/// How many tasks are read at a time.
const BATCH: i64 = 32;

/// A part of the trash.
type Rows = Vec<(Task, Timestamp)>;

/// The first part, read before the status of the response is sent.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub(in crate::tasks) async fn first(store: &TaskStore, owner: &OwnerId) -> Result<Rows, DbError> {
    store.trash(owner, i64::MAX, BATCH).await
}

/// The bytes of the array. After an error it ends without its closing bracket, and the server breaks the connection
/// off. `held` is dropped with the stream.
pub(in crate::tasks) fn stream<S>(
    store: Data<TaskStore>,
    owner: OwnerId,
    first: Rows,
    held: S,
) -> impl Stream<Item = Result<Bytes, DbError>> {
    let begin = (Some(first), b'[', store, owner, held);
    stream::try_unfold(begin, async |(rows, opening, store, owner, held)| {
        let Some(rows) = rows else { return Ok(None) };
        let (mut out, written) = shape::of_deleted(&rows);
        let is_whole = written == rows.len();
        let last = written.checked_sub(1).and_then(|last| rows.get(last)).map(|(task, _)| task.seq);
        let next = match last {
            Some(seq) if !is_whole || i64::try_from(written).unwrap_or(BATCH) == BATCH => {
                Some(store.trash(&owner, seq, BATCH).await?)
            }
            _ => None,
        };
        let next = next.filter(|rows| !rows.is_empty());
        // One array of all parts: each begins with what separates it from the one before.
        if let Some(first) = out.first_mut() {
            *first = opening;
        }
        if next.is_some() {
            out.pop();
        }
        Ok(Some((Bytes::from(out), (next, b',', store, owner, held))))
    })
}

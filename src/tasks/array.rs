//! A JSON array of many tasks, written as the client takes it: a batch is read when the one before has gone, so that
//! neither much memory nor a connection to the database is held for a client that does not read, and a response that
//! is given up stops reading. After an error the array ends without its closing bracket, and the server breaks the
//! connection off, so that no client takes a part for the whole.

use std::collections::{HashMap, VecDeque};

use actix_web::web::{Bytes, Data};
use futures_util::stream::{self, Stream};

use super::response::json;
use super::store::TaskStore;
use super::task::id::TaskId;
use super::task::model::Task;
use crate::auth::OwnerId;
use crate::db::DbError;

/// What is written of a batch, in bytes: tasks are added until there is so much.
pub(in crate::tasks) const BATCH_BYTES: usize = 16 * 1024;

/// Room for the last task of a batch, in bytes. One that is longer makes it grow.
const ROOM: usize = 2 * 1024;

/// How many tasks the first batch has at most.
pub(in crate::tasks) const FIRST_BATCH: u16 = 64;

/// How many tasks of the smallest size are as long as [`BATCH_BYTES`].
const MAX_BATCH: u16 = 64;

/// Where the tasks come from that are still to be written.
pub(in crate::tasks) enum Rest {
    /// These, which are all of [`FIRST_BATCH`] or all there are, and those after them by their ids.
    Batch(Vec<Task>),
    /// All those after this id.
    After(TaskId),
    /// Those with these ids, in this order, as they are when they are read. Deleted ones are left out.
    Ids(VecDeque<TaskId>),
    /// Nowhere.
    End,
}

struct Array<S> {
    store: Data<TaskStore>,
    owner: OwnerId,
    rest: Rest,
    limit: u16,
    is_empty: bool,
    /// What is held until the last byte.
    _held: S,
}

/// The bytes of the array, from `[` on, or after tasks that are `written` already. `held` is dropped with the stream.
pub(in crate::tasks) fn stream<S>(
    store: Data<TaskStore>,
    owner: OwnerId,
    written: Option<Vec<u8>>,
    rest: Rest,
    held: S,
) -> impl Stream<Item = Result<Bytes, DbError>> {
    let is_empty = written.is_none();
    let start = written.unwrap_or_else(|| {
        let mut start = Vec::with_capacity(BATCH_BYTES + ROOM);
        start.push(b'[');
        start
    });
    let array = Array { store, owner, rest, limit: FIRST_BATCH, is_empty, _held: held };
    stream::try_unfold((Some(start), array), async |(start, mut array)| {
        let out = match (start, &array.rest) {
            // The first batch is there already.
            (Some(start), Rest::Batch(_)) => start,
            (Some(start), _) => return Ok(Some((Bytes::from(start), (None, array)))),
            (None, Rest::End) => return Ok(None),
            (None, _) => Vec::with_capacity(BATCH_BYTES + ROOM),
        };
        let out = array.next(out).await?;
        Ok(Some((Bytes::from(out), (None, array))))
    })
}

impl<S> Array<S> {
    /// Appends the next batch, and the closing bracket after the last.
    async fn next(&mut self, mut out: Vec<u8>) -> Result<Vec<u8>, DbError> {
        let (batch, mut rest) = self.read().await?;
        if !self.is_empty && !batch.is_empty() {
            out.push(b',');
        }
        let written = json::write_some(&mut out, &batch, BATCH_BYTES);
        self.is_empty &= batch.is_empty();
        self.limit = match batch.get(written) {
            Some(_) => u16::try_from(written).unwrap_or(MAX_BATCH),
            None => self.limit.saturating_mul(2).min(MAX_BATCH),
        };
        if let Some(unwritten) = batch.get(written..).filter(|unwritten| !unwritten.is_empty()) {
            rest = match (rest, batch.get(written.saturating_sub(1))) {
                (Rest::Ids(mut ids), _) => {
                    unwritten.iter().rev().for_each(|task| ids.push_front(task.id));
                    Rest::Ids(ids)
                }
                (_, Some(last)) => Rest::After(last.id),
                (rest, None) => rest,
            };
        }
        if matches!(&rest, Rest::Ids(ids) if ids.is_empty()) {
            rest = Rest::End;
        }
        if matches!(rest, Rest::End) {
            out.push(b']');
        }
        self.rest = rest;
        Ok(out)
    }

    /// The next batch, and what is left if all of it is written.
    async fn read(&mut self) -> Result<(Vec<Task>, Rest), DbError> {
        let limit = usize::from(self.limit);
        let after = |batch: &[Task]| match batch.last() {
            Some(last) if batch.len() >= limit => Rest::After(last.id),
            _ => Rest::End,
        };
        match std::mem::replace(&mut self.rest, Rest::End) {
            Rest::Batch(batch) => {
                let rest = after(&batch);
                Ok((batch, rest))
            }
            Rest::After(id) => {
                let batch = self.store.batch(&self.owner, Some(id), self.limit).await?;
                let rest = after(&batch);
                Ok((batch, rest))
            }
            Rest::Ids(mut ids) => {
                let wanted: Vec<TaskId> =
                    ids.drain(..ids.len().min(limit).min(TaskStore::MOST_AT_ONCE)).collect();
                let found = self.store.several(&self.owner, &wanted).await?;
                let mut found: HashMap<TaskId, Task> =
                    found.into_iter().map(|task| (task.id, task)).collect();
                let batch = wanted.iter().filter_map(|id| found.remove(id)).collect();
                Ok((batch, Rest::Ids(ids)))
            }
            Rest::End => Ok((Vec::new(), Rest::End)),
        }
    }
}

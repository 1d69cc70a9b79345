//! How the statements are run on SQLite: what a key leads to at once, on the worker's own connection; scans in
//! the pool; writes on the one thread that writes, where each is a transaction or a savepoint of its own.

use diesel::{RunQueryDsl, SqliteConnection};

use super::queries::{
    After, Change, Count, CountAll, CountDown, Delete, DeleteCompleted, Erase, Find, FindKey,
    ForgetAllKeys, ForgetKeys, Insert, InsertKey, List, Newest, Oldest, TABLES, TakeId, TakeSeq,
};
use super::{FirstUse, Keyed, expiry};
use crate::auth::OwnerId;
use crate::db::{DbError, Sqlite, SqliteReader, Timestamp};
use crate::tasks::idempotency::{Fingerprint, IdempotencyKey};
use crate::tasks::list::matching::Matcher;
use crate::tasks::list::page::{Page, Scan};
use crate::tasks::list::params::ListParams;
use crate::tasks::list::sort::Direction;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, Task, TaskChanges};

/// One worker's way to the file.
pub(super) struct SqliteTasks {
    db: Sqlite,
    reader: SqliteReader,
}

impl SqliteTasks {
    pub(super) fn new(db: &Sqlite) -> Self {
        Self { db: db.clone(), reader: SqliteReader::new(db) }
    }

    pub(super) async fn find(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, DbError> {
        let owner = owner.clone();
        self.reader.read(move |c| Ok(Find { owner: &owner, id }.load(c)?.pop())).await
    }

    pub(super) async fn oldest(
        &self,
        owner: &OwnerId,
        above: i64,
        limit: i64,
    ) -> Result<Vec<Task>, DbError> {
        let owner = owner.clone();
        self.db.read(move |c| Ok(Oldest { owner: &owner, above, limit }.load(c)?)).await
    }

    pub(super) async fn list(&self, owner: &OwnerId, params: &ListParams) -> Result<Page, DbError> {
        let by_key = params.reads_by_key();
        let (owner, params) = (owner.clone(), params.clone());
        let read = move |c: &mut SqliteConnection| page(c, &owner, &params);
        if by_key { self.reader.read(read).await } else { self.db.read(read).await }
    }

    pub(super) async fn create(
        &self,
        owner: &OwnerId,
        new: NewTask,
        limit: i64,
    ) -> Result<Option<Task>, DbError> {
        let owner = owner.clone();
        self.db.write(move |c| insert(c, &owner, &new, limit, None)).await
    }

    pub(super) async fn create_keyed(
        &self,
        owner: &OwnerId,
        new: &NewTask,
        limit: i64,
        Keyed { key, fingerprint }: Keyed<'_>,
    ) -> Result<Option<Task>, DbError> {
        let (owner, new) = (owner.clone(), new.clone());
        let (key, fingerprint) = (key.clone(), fingerprint.clone());
        self.db.write(move |c| insert(c, &owner, &new, limit, Some((&key, &fingerprint)))).await
    }

    pub(super) async fn find_key(
        &self,
        owner: &OwnerId,
        key: &IdempotencyKey,
    ) -> Result<Option<FirstUse>, DbError> {
        let (owner, key) = (owner.clone(), key.clone());
        let find = move |c: &mut SqliteConnection| {
            let first: Option<(_, _, _, _)> = FindKey { owner: &owner, key: &key }.load(c)?.pop();
            Ok(first.map(FirstUse::from))
        };
        self.db.read(find).await
    }

    pub(super) async fn change(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        expected: Option<i64>,
    ) -> Result<Option<Task>, DbError> {
        let (owner, changes) = (owner.clone(), changes.clone());
        self.db.write(move |c| change(c, &owner, id, &changes, false, expected)).await
    }

    pub(super) async fn complete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        completed: Option<bool>,
        expected: Option<i64>,
    ) -> Result<Option<Task>, DbError> {
        let owner = owner.clone();
        let complete = move |c: &mut SqliteConnection| {
            let changes = TaskChanges { completed, ..TaskChanges::default() };
            change(c, &owner, id, &changes, completed.is_none(), expected)
        };
        self.db.write(complete).await
    }

    pub(super) async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        expected: Option<i64>,
    ) -> Result<bool, DbError> {
        let owner = owner.clone();
        let delete = move |c: &mut SqliteConnection| {
            let deleted = Delete { owner: &owner, id, expected }.execute(c)?;
            count_down(c, &owner, deleted).map(|deleted| deleted > 0)
        };
        self.db.write(delete).await
    }

    pub(super) async fn delete_completed(&self, owner: &OwnerId) -> Result<usize, DbError> {
        let owner = owner.clone();
        let clear = move |c: &mut SqliteConnection| {
            let deleted = DeleteCompleted { owner: &owner }.execute(c)?;
            count_down(c, &owner, deleted)
        };
        self.db.write(clear).await
    }

    pub(super) async fn erase(&self, owner: &OwnerId) -> Result<(), DbError> {
        let owner = owner.clone();
        let erase = move |c: &mut SqliteConnection| {
            for table in TABLES {
                Erase { owner: &owner, table }.execute(c)?;
            }
            Ok(())
        };
        self.db.write(erase).await
    }
}

pub(super) async fn purge_keys(db: &Sqlite, until: Timestamp) -> Result<usize, DbError> {
    db.write(move |c| Ok(ForgetAllKeys { until: &until }.execute(c)?)).await
}

/// `None` when the owner has as many tasks as one may have.
fn insert(
    c: &mut SqliteConnection,
    owner: &OwnerId,
    new: &NewTask,
    limit: i64,
    key: Option<(&IdempotencyKey, &Fingerprint)>,
) -> Result<Option<Task>, DbError> {
    let now = Timestamp::now();
    // All of the rows must be read: SQLite notes an error of the disk only after the last one.
    let taken = TakeId { owner, clock: TaskId::now(), limit, now }.load(c)?.pop();
    let Some((seq, id)): Option<(i64, TaskId)> = taken else { return Ok(None) };
    let last_id = id.to_i64();
    if let Some((key, fingerprint)) = key {
        ForgetKeys { owner, until: expiry(now) }.execute(c)?;
        After { seq, last_id, second: InsertKey { owner, key, fingerprint, now } }.execute(c)?;
    }
    After { seq, last_id, second: Insert { owner, new, now } }.execute(c)?;
    Ok(Some(new.as_stored(owner, (id, seq), now)))
}

/// `None` when there is no such task.
fn change(
    c: &mut SqliteConnection,
    owner: &OwnerId,
    id: TaskId,
    changes: &TaskChanges,
    flips: bool,
    expected: Option<i64>,
) -> Result<Option<Task>, DbError> {
    let taken: Option<i64> = TakeSeq { owner, id, expected }.load(c)?.pop();
    let Some(seq) = taken else { return Ok(None) };
    let second = Change { owner, id, changes, flips, expected, now: Timestamp::now() };
    Ok(After { seq, last_id: 0, second }.load(c)?.pop())
}

fn count_down(c: &mut SqliteConnection, owner: &OwnerId, deleted: usize) -> Result<usize, DbError> {
    if deleted > 0 {
        let deleted = i64::try_from(deleted).unwrap_or(i64::MAX);
        CountDown { owner, deleted }.execute(c)?;
    }
    Ok(deleted)
}

fn page(c: &mut SqliteConnection, owner: &OwnerId, params: &ListParams) -> Result<Page, DbError> {
    let ListParams { filter, sort, after, include_total, .. } = params;
    let limit = params.one_more();
    let mut total = None;
    let tasks = if params.reads_by_key() {
        let from = after.as_ref().map(|position| position.id.to_i64());
        match sort.direction {
            Direction::Descending => {
                Newest { owner, below: from.unwrap_or(i64::MAX), limit }.load(c)?
            }
            Direction::Ascending => Oldest { owner, above: from.unwrap_or(0), limit }.load(c)?,
        }
    } else if let Some(matcher) = Matcher::of(filter) {
        let (tasks, found) = scan(c, owner, params, Scan::new(matcher, limit, *include_total))?;
        total = Some(found);
        tasks
    } else {
        let after = after.as_ref();
        List { owner, filter, sort: *sort, after, limit: Some(limit) }.load(c)?
    };
    let mut page = Page::of(tasks, params);
    if *include_total {
        page.total = Some(count(c, owner, params, total)?);
    }
    Ok(page)
}

/// How many tasks the filter lets through. `scanned` is what a scan of all rows after the page's beginning has found.
fn count(
    c: &mut SqliteConnection,
    owner: &OwnerId,
    params: &ListParams,
    scanned: Option<i64>,
) -> Result<i64, DbError> {
    let filter = &params.filter;
    match (scanned, Matcher::of(filter)) {
        (Some(found), _) if params.after.is_none() => Ok(found),
        (_, Some(matcher)) => {
            let from_the_start = ListParams { after: None, ..params.clone() };
            Ok(scan(c, owner, &from_the_start, Scan::new(matcher, 0, true))?.1)
        }
        (_, None) if filter.is_open() => {
            let tasks: Option<i64> = CountAll { owner }.load(c)?.pop();
            Ok(tasks.unwrap_or_default())
        }
        (_, None) => Ok(Count { owner, filter }.load(c)?.pop().unwrap_or_default()),
    }
}

fn scan(
    c: &mut SqliteConnection,
    owner: &OwnerId,
    params: &ListParams,
    mut scan: Scan<'_>,
) -> Result<(Vec<Task>, i64), DbError> {
    let ListParams { filter, sort, after, .. } = params;
    let rows = List { owner, filter, sort: *sort, after: after.as_ref(), limit: None };
    for task in rows.load_iter::<Task, diesel::connection::DefaultLoadingMode>(c)? {
        if !scan.take(task?) {
            break;
        }
    }
    Ok(scan.finish())
}

//! What the store does, each once for both databases.

use std::time::{Duration, Instant};

use diesel::QueryResult;
use futures_util::TryStreamExt;

use super::once::{FirstUse, expiry};
use super::queries::{
    After, Bury, Change, Count, CountAll, Delete, DeleteAndBury, EmptyTrash, Find, FindKey,
    FreeKey, Insert, InsertKey, List, Lock, MOST_AT_ONCE, Newest, Oldest, Returning, Several,
    State, TakeId, TakeSeq, Together, WithKey, WithState,
};
use super::session::with_state;
use super::trash::everything;
use crate::auth::OwnerId;
use crate::db::{Session, Timestamp, execute, load, load_on_postgres, scan_is_wanted};
use crate::tasks::idempotency::{Fingerprint, IdempotencyKey};
use crate::tasks::list::matching::Matcher;
use crate::tasks::list::page::{Page, Scan};
use crate::tasks::list::params::ListParams;
use crate::tasks::list::sort::Direction;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, Task, TaskChanges};
use crate::tasks::task::owner_state::OwnerState;

/// How long a worker matches rows before it goes on with other requests.
const TURN: Duration = Duration::from_millis(2);

pub(super) async fn find(
    mut s: Session<'_>,
    owner: &OwnerId,
    id: TaskId,
) -> QueryResult<Option<Task>> {
    Ok(load!(&mut s, Find { owner, id })?.pop())
}

pub(super) async fn several(
    mut s: Session<'_>,
    owner: &OwnerId,
    ids: &[TaskId],
) -> QueryResult<Vec<Task>> {
    let mut places = [0; MOST_AT_ONCE];
    places.iter_mut().zip(ids).for_each(|(place, id)| *place = id.to_i64());
    load!(&mut s, Several { owner, ids: places })
}

pub(super) async fn oldest(
    mut s: Session<'_>,
    owner: &OwnerId,
    above: i64,
    limit: i64,
) -> QueryResult<Vec<Task>> {
    load!(&mut s, Oldest { owner, above, limit })
}

/// `None` when the owner has as many tasks as one may have.
pub(super) async fn insert(
    mut s: Session<'_>,
    owner: &OwnerId,
    new: &NewTask,
    limit: i64,
) -> QueryResult<Option<Task>> {
    let now = Timestamp::now();
    let take = TakeId { owner, clock: TaskId::now(), limit, now };
    let insert = Insert { owner, new, now };
    let made: Option<_> = match &mut s {
        Session::Sqlite(c) => {
            let taken: Option<(i64, TaskId)> = diesel::RunQueryDsl::load(take, *c)?.pop();
            let Some((seq, id)) = taken else { return Ok(None) };
            let insert = After { seq, last_id: id.to_i64(), second: insert };
            diesel::RunQueryDsl::execute(insert, *c)?;
            Some((id, seq))
        }
        Session::Postgres(c) => {
            let both = Together(take, Returning(insert));
            load_on_postgres!(c, both)?.pop()
        }
    };
    Ok(made.map(|made| new.as_stored(owner, made, now)))
}

/// As [`insert`], with the key of the request; a unique violation when the owner has used it before.
pub(super) async fn insert_keyed(
    mut s: Session<'_>,
    owner: &OwnerId,
    new: &NewTask,
    limit: i64,
    (key, fingerprint): (&IdempotencyKey, &Fingerprint),
) -> QueryResult<Option<Task>> {
    let now = Timestamp::now();
    execute!(&mut s, FreeKey { owner, key, until: expiry(now) })?;
    let take = TakeId { owner, clock: TaskId::now(), limit, now };
    let key = InsertKey { owner, key, fingerprint, now };
    let insert = Insert { owner, new, now };
    let made: Option<_> = match &mut s {
        Session::Sqlite(c) => {
            let taken: Option<(i64, TaskId)> = diesel::RunQueryDsl::load(take, *c)?.pop();
            let Some((seq, id)) = taken else { return Ok(None) };
            let last_id = id.to_i64();
            diesel::RunQueryDsl::execute(After { seq, last_id, second: key }, *c)?;
            diesel::RunQueryDsl::execute(After { seq, last_id, second: insert }, *c)?;
            Some((id, seq))
        }
        Session::Postgres(c) => {
            let all = Together(take, WithKey(key, Returning(insert)));
            load_on_postgres!(c, all)?.pop()
        }
    };
    Ok(made.map(|made| new.as_stored(owner, made, now)))
}

pub(super) async fn find_key(
    mut s: Session<'_>,
    owner: &OwnerId,
    key: &IdempotencyKey,
) -> QueryResult<Option<FirstUse>> {
    let first: Option<(_, _, _, _)> = load!(&mut s, FindKey { owner, key })?.pop();
    Ok(first.map(FirstUse::from))
}

/// `None` when there is no such task.
pub(super) async fn change(
    mut s: Session<'_>,
    owner: &OwnerId,
    id: TaskId,
    changes: &TaskChanges,
    expected: Option<i64>,
) -> QueryResult<Option<Task>> {
    let change = Change { owner, id, changes, flips: false, expected, now: Timestamp::now() };
    Ok(load_both!(&mut s, TakeSeq { owner, id, expected, fewer: 0 }, change))
}

/// Sets `completed`, or flips it with `None`. `None` when there is no such task.
pub(super) async fn complete(
    mut s: Session<'_>,
    owner: &OwnerId,
    id: TaskId,
    completed: Option<bool>,
    expected: Option<i64>,
) -> QueryResult<Option<Task>> {
    let (flips, now) = (completed.is_none(), Timestamp::now());
    let changes = &TaskChanges { completed, ..TaskChanges::default() };
    let change = Change { owner, id, changes, flips, expected, now };
    Ok(load_both!(&mut s, TakeSeq { owner, id, expected, fewer: 0 }, change))
}

/// Moves a task to the trash; without `keeps`, only the mark of it. Whether there was such a task.
pub(super) async fn delete(
    mut s: Session<'_>,
    owner: &OwnerId,
    id: TaskId,
    expected: Option<i64>,
    keeps: bool,
) -> QueryResult<bool> {
    let (delete, now) = (Delete { owner, id, expected }, Timestamp::now());
    let is_deleted = match &mut s {
        Session::Sqlite(c) => {
            let take = TakeSeq { owner, id, expected, fewer: 1 };
            let taken: Option<(i64, i64)> = diesel::RunQueryDsl::load(take, *c)?.pop();
            let Some((seq, last_id)) = taken else { return Ok(false) };
            let bury = After { seq, last_id, second: Bury { owner, id, now } };
            diesel::RunQueryDsl::execute(bury, *c)?;
            diesel::RunQueryDsl::execute(delete, *c)? > 0
        }
        Session::Postgres(c) => {
            let all = DeleteAndBury { lock: Lock { owner }, delete, now };
            diesel_async::RunQueryDsl::execute(all, c).await? > 0
        }
    };
    if is_deleted && !keeps {
        execute!(&mut s, EmptyTrash(everything(owner, 1)))?;
    }
    Ok(is_deleted)
}

/// Makes other writes of the owner wait. SQLite has one writer anyway.
pub(super) async fn lock(s: &mut Session<'_>, owner: &OwnerId) -> QueryResult<()> {
    if let Session::Postgres(c) = s {
        let _: Vec<String> = load_on_postgres!(c, Lock { owner })?;
    }
    Ok(())
}

/// How far the owner's writes have come.
pub(super) async fn state(s: &mut Session<'_>, owner: &OwnerId) -> QueryResult<OwnerState> {
    let state: Option<OwnerState> = load!(s, State { owner })?.pop();
    Ok(state.unwrap_or_default())
}

pub(super) async fn page(
    mut s: Session<'_>,
    owner: &OwnerId,
    params: &ListParams,
) -> QueryResult<Page> {
    let ListParams { filter, sort, after, include_total, .. } = params;
    let (limit, after) = (params.one_more(), after.as_ref());
    let mut total = None;
    let (state, tasks) = if params.reads_by_key() {
        let from = after.map(|position| position.id.to_i64());
        match sort.direction {
            Direction::Descending => {
                let below = from.unwrap_or(i64::MAX);
                load_with_state!(&mut s, owner, Newest { owner, below, limit })
            }
            Direction::Ascending => {
                let above = from.unwrap_or(0);
                load_with_state!(&mut s, owner, Oldest { owner, above, limit })
            }
        }
    } else {
        // Read first, so that the tag is never newer than the page.
        let state = state(&mut s, owner).await?;
        let tasks = if let Some(matcher) = Matcher::of(filter) {
            let matching = Scan::new(matcher, limit, *include_total);
            let (tasks, found) = scan(&mut s, owner, params, matching).await?;
            total = Some(found).filter(|_| after.is_none());
            tasks
        } else {
            load!(&mut s, List { owner, filter, sort: *sort, after, limit: Some(limit) })?
        };
        (state, tasks)
    };
    let mut page = Page::of(tasks, params, state);
    if *include_total {
        page.total = Some(match total {
            Some(found) => found,
            None => count(&mut s, owner, params).await?,
        });
    }
    Ok(page)
}

/// How many tasks the filter lets through.
async fn count(s: &mut Session<'_>, owner: &OwnerId, params: &ListParams) -> QueryResult<i64> {
    let filter = &params.filter;
    if let Some(matcher) = Matcher::of(filter) {
        let from_the_start = ListParams { after: None, ..params.clone() };
        return Ok(scan(s, owner, &from_the_start, Scan::new(matcher, 0, true)).await?.1);
    }
    let counted: Option<i64> = if filter.is_open() {
        load!(s, CountAll { owner })?.pop()
    } else {
        load!(s, Count { owner, filter })?.pop()
    };
    Ok(counted.unwrap_or_default())
}

async fn scan(
    s: &mut Session<'_>,
    owner: &OwnerId,
    ListParams { filter, sort, after, .. }: &ListParams,
    mut scan: Scan<'_>,
) -> QueryResult<(Vec<Task>, i64)> {
    let rows = List { owner, filter, sort: *sort, after: after.as_ref(), limit: None };
    match s {
        Session::Sqlite(c) => {
            use diesel::connection::DefaultLoadingMode;
            for task in diesel::RunQueryDsl::load_iter::<Task, DefaultLoadingMode>(rows, *c)? {
                if !scan.take(task?) || !scan_is_wanted() {
                    break;
                }
            }
        }
        Session::Postgres(c) => {
            let mut tasks = diesel_async::RunQueryDsl::load_stream::<Task>(rows, c).await?;
            let mut turn = Instant::now();
            while let Some(task) = tasks.try_next().await? {
                if !scan.take(task) {
                    break;
                }
                if turn.elapsed() > TURN {
                    tokio::task::yield_now().await;
                    turn = Instant::now();
                }
            }
        }
    }
    Ok(scan.finish())
}

//! How the statements are run on PostgreSQL: what a key leads to through the worker's own connection; new and
//! completed tasks in batches; all else through the pool. Each write of one task is one statement.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::TryStreamExt;

use super::batch::{Completion, Creation};
use super::queries::{
    Change, Count, CountAll, CountDown, Delete, DeleteCompleted, Erase, Find, FindKey,
    ForgetAllKeys, ForgetKeys, Insert, InsertKey, List, Lock, Newest, Oldest, TABLES, TakeId,
    TakeSeq, Together,
};
use super::{FirstUse, Keyed, expiry};
use crate::auth::OwnerId;
use crate::db::{Batch, BatchConnection, DbError, Postgres, PostgresReader, Timestamp};
use crate::tasks::idempotency::IdempotencyKey;
use crate::tasks::list::matching::Matcher;
use crate::tasks::list::page::{Page, Scan};
use crate::tasks::list::params::ListParams;
use crate::tasks::list::sort::Direction;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, Task, TaskChanges};

/// One worker's way to the server.
pub(super) struct PostgresTasks {
    db: Postgres,
    reader: PostgresReader,
    creations: Batch<Creation>,
    completions: Batch<Completion>,
}

impl PostgresTasks {
    pub(super) fn new(db: &Postgres) -> Self {
        let connection = BatchConnection::new(db);
        Self {
            db: db.clone(),
            reader: PostgresReader::new(db),
            creations: Batch::new(&connection),
            completions: Batch::new(&connection),
        }
    }

    /// Runs a statement, or several, through the pool.
    async fn run<T>(
        &self,
        owner: &OwnerId,
        work: impl AsyncFnOnce(&AsyncPgConnection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.db.run(Some(owner.as_str()), work).await
    }

    pub(super) async fn find(&self, owner: &OwnerId, id: TaskId) -> Result<Option<Task>, DbError> {
        let find = async |mut c: &_| Ok(Find { owner, id }.load(&mut c).await?.pop());
        self.reader.read(owner.as_str(), find).await
    }

    pub(super) async fn oldest(
        &self,
        owner: &OwnerId,
        above: i64,
        limit: i64,
    ) -> Result<Vec<Task>, DbError> {
        self.run(owner, async |mut c| Ok(Oldest { owner, above, limit }.load(&mut c).await?)).await
    }

    pub(super) async fn list(&self, owner: &OwnerId, params: &ListParams) -> Result<Page, DbError> {
        let read = async |c: &_| page(c, owner, params).await;
        if params.reads_by_key() {
            return self.reader.read(owner.as_str(), read).await;
        }
        self.run(owner, read).await
    }

    pub(super) async fn create(
        &self,
        owner: &OwnerId,
        new: NewTask,
        limit: i64,
    ) -> Result<Option<Task>, DbError> {
        let creation = Creation { owner: owner.clone(), new, limit };
        let alone = async |Creation { owner, new, limit }: Creation| {
            self.run(&owner, async |c| Ok(insert(c, &owner, &new, limit).await?)).await
        };
        self.creations.write_or(creation, alone).await
    }

    pub(super) async fn create_keyed(
        &self,
        owner: &OwnerId,
        new: &NewTask,
        limit: i64,
        Keyed { key, fingerprint }: Keyed<'_>,
    ) -> Result<Option<Task>, DbError> {
        let insert = async |mut c: &AsyncPgConnection| {
            let now = Timestamp::now();
            ForgetKeys { owner, until: expiry(now) }.execute(&mut c).await?;
            let take = TakeId { owner, clock: TaskId::now(), limit, now };
            let key = InsertKey { owner, key, fingerprint, now };
            let second = Returning(WithKey(key, Insert { owner, new, now }));
            let made: Option<_> = Together(take, second).load(&mut c).await?.pop();
            Ok(made.map(|made| new.as_stored(owner, made, now)))
        };
        self.run(owner, insert).await
    }

    pub(super) async fn find_key(
        &self,
        owner: &OwnerId,
        key: &IdempotencyKey,
    ) -> Result<Option<FirstUse>, DbError> {
        let find = async |mut c: &AsyncPgConnection| {
            let first: Option<(_, _, _, _)> = FindKey { owner, key }.load(&mut c).await?.pop();
            Ok(first.map(FirstUse::from))
        };
        self.run(owner, find).await
    }

    pub(super) async fn change(
        &self,
        owner: &OwnerId,
        id: TaskId,
        changes: &TaskChanges,
        expected: Option<i64>,
    ) -> Result<Option<Task>, DbError> {
        self.run(owner, async |c| Ok(change(c, owner, id, changes, false, expected).await?)).await
    }

    pub(super) async fn complete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        completed: Option<bool>,
        expected: Option<i64>,
    ) -> Result<Option<Task>, DbError> {
        let alone = async |Completion { owner, id, completed }: Completion| {
            self.run(&owner, async |c| Ok(complete(c, &owner, id, completed, expected).await?))
                .await
        };
        let completion = Completion { owner: owner.clone(), id, completed };
        match expected {
            None => self.completions.write_or(completion, alone).await,
            Some(_) => alone(completion).await,
        }
    }

    pub(super) async fn delete(
        &self,
        owner: &OwnerId,
        id: TaskId,
        expected: Option<i64>,
    ) -> Result<bool, DbError> {
        let delete = DeleteAndCount {
            lock: Lock { owner },
            delete: Delete { owner, id, expected },
            count: CountDown { owner, deleted: 1 },
        };
        self.run(owner, async |mut c| Ok(delete.execute(&mut c).await? > 0)).await
    }

    pub(super) async fn delete_completed(&self, owner: &OwnerId) -> Result<usize, DbError> {
        let clear = async |mut c: &AsyncPgConnection| {
            let _: Vec<String> = Lock { owner }.load(&mut c).await?;
            let deleted = DeleteCompleted { owner }.execute(&mut c).await?;
            if deleted > 0 {
                let deleted = i64::try_from(deleted).unwrap_or(i64::MAX);
                CountDown { owner, deleted }.execute(&mut c).await?;
            }
            Ok(deleted)
        };
        self.db.transaction(Some(owner.as_str()), clear).await
    }

    pub(super) async fn erase(&self, owner: &OwnerId) -> Result<(), DbError> {
        let erase = async |mut c: &AsyncPgConnection| {
            let _: Vec<String> = Lock { owner }.load(&mut c).await?;
            for table in TABLES {
                Erase { owner, table }.execute(&mut c).await?;
            }
            Ok(())
        };
        self.db.transaction(Some(owner.as_str()), erase).await
    }
}

pub(super) async fn purge_keys(db: &Postgres, until: Timestamp) -> Result<usize, DbError> {
    db.run(None, async |mut c| Ok(ForgetAllKeys { until: &until }.execute(&mut c).await?)).await
}

/// `None` when the owner has as many tasks as one may have.
pub(super) async fn insert(
    mut c: &AsyncPgConnection,
    owner: &OwnerId,
    new: &NewTask,
    limit: i64,
) -> QueryResult<Option<Task>> {
    let now = Timestamp::now();
    let take = TakeId { owner, clock: TaskId::now(), limit, now };
    let second = Returning(Insert { owner, new, now });
    let made: Option<_> = Together(take, second).load(&mut c).await?.pop();
    Ok(made.map(|made| new.as_stored(owner, made, now)))
}

/// `None` when there is no such task.
async fn change(
    mut c: &AsyncPgConnection,
    owner: &OwnerId,
    id: TaskId,
    changes: &TaskChanges,
    flips: bool,
    expected: Option<i64>,
) -> QueryResult<Option<Task>> {
    let second = Change { owner, id, changes, flips, expected, now: Timestamp::now() };
    Ok(Together(TakeSeq { owner, id, expected }, second).load(&mut c).await?.pop())
}

/// As [`change`], of `completed` alone, which `None` flips.
pub(super) async fn complete(
    c: &AsyncPgConnection,
    owner: &OwnerId,
    id: TaskId,
    completed: Option<bool>,
    expected: Option<i64>,
) -> QueryResult<Option<Task>> {
    let changes = TaskChanges { completed, ..TaskChanges::default() };
    change(c, owner, id, &changes, completed.is_none(), expected).await
}

async fn page(
    mut c: &AsyncPgConnection,
    owner: &OwnerId,
    params: &ListParams,
) -> Result<Page, DbError> {
    let ListParams { filter, sort, after, include_total, .. } = params;
    let limit = params.one_more();
    let mut total = None;
    let tasks = if params.reads_by_key() {
        let from = after.as_ref().map(|position| position.id.to_i64());
        match sort.direction {
            Direction::Descending => {
                let below = from.unwrap_or(i64::MAX);
                Newest { owner, below, limit }.load(&mut c).await?
            }
            Direction::Ascending => {
                Oldest { owner, above: from.unwrap_or(0), limit }.load(&mut c).await?
            }
        }
    } else if let Some(matcher) = Matcher::of(filter) {
        let matching = Scan::new(matcher, limit, *include_total);
        let (tasks, found) = scan(c, owner, params, matching).await?;
        total = Some(found);
        tasks
    } else {
        let after = after.as_ref();
        List { owner, filter, sort: *sort, after, limit: Some(limit) }.load(&mut c).await?
    };
    let mut page = Page::of(tasks, params);
    if *include_total {
        page.total = Some(count(c, owner, params, total).await?);
    }
    Ok(page)
}

/// How many tasks the filter lets through. `scanned` is what a scan of all rows after the page's beginning has found.
async fn count(
    mut c: &AsyncPgConnection,
    owner: &OwnerId,
    params: &ListParams,
    scanned: Option<i64>,
) -> Result<i64, DbError> {
    let filter = &params.filter;
    match (scanned, Matcher::of(filter)) {
        (Some(found), _) if params.after.is_none() => Ok(found),
        (_, Some(matcher)) => {
            let from_the_start = ListParams { after: None, ..params.clone() };
            Ok(scan(c, owner, &from_the_start, Scan::new(matcher, 0, true)).await?.1)
        }
        (_, None) if filter.is_open() => {
            let tasks: Option<i64> = CountAll { owner }.load(&mut c).await?.pop();
            Ok(tasks.unwrap_or_default())
        }
        (_, None) => Ok(Count { owner, filter }.load(&mut c).await?.pop().unwrap_or_default()),
    }
}

async fn scan(
    mut c: &AsyncPgConnection,
    owner: &OwnerId,
    params: &ListParams,
    mut scan: Scan<'_>,
) -> Result<(Vec<Task>, i64), DbError> {
    let ListParams { filter, sort, after, .. } = params;
    let rows = List { owner, filter, sort: *sort, after: after.as_ref(), limit: None };
    let mut rows = rows.load_stream::<Task>(&mut c).await?;
    while let Some(task) = rows.try_next().await? {
        if !scan.take(task) {
            break;
        }
    }
    Ok(scan.finish())
}

/// An insertion that gives the id and the `seq` of its task.
#[derive(QueryId)]
struct Returning<Insertion>(Insertion);

impl<Insertion: QueryFragment<Pg>> QueryFragment<Pg> for Returning<Insertion> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" RETURNING id, seq");
        Ok(())
    }
}

impl<Insertion> Query for Returning<Insertion> {
    type SqlType = (BigInt, BigInt);
}

/// The second step of [`Together`] with the key before the task.
#[derive(QueryId)]
struct WithKey<Key, Insertion>(Key, Insertion);

impl<Key: QueryFragment<Pg>, Insertion: QueryFragment<Pg>> QueryFragment<Pg>
    for WithKey<Key, Insertion>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(", k AS (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") ");
        self.1.walk_ast(out)
    }
}

/// A deletion in one statement: the owner's row is locked first, as by every write, and counted down only where
/// a task is gone.
struct DeleteAndCount<'a> {
    lock: Lock<'a>,
    delete: Delete<'a>,
    count: CountDown<'a>,
}

impl QueryId for DeleteAndCount<'_> {
    type QueryId = DeleteAndCount<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for DeleteAndCount<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH o AS (");
        self.lock.walk_ast(out.reborrow())?;
        out.push_sql("), d AS (");
        self.delete.walk_ast(out.reborrow())?;
        out.push_sql(" AND EXISTS (SELECT 1 FROM o) RETURNING id) ");
        self.count.walk_ast(out.reborrow())?;
        out.push_sql(" AND EXISTS (SELECT 1 FROM d)");
        Ok(())
    }
}

/// The statements that PostgreSQL alone runs, under their names.
#[cfg(test)]
pub(super) fn postgres_statements<'a>(
    owner: &'a OwnerId,
    id: TaskId,
    new: &'a NewTask,
    changes: &'a TaskChanges,
    (key, fingerprint): (&'a IdempotencyKey, &'a crate::tasks::idempotency::Fingerprint),
    now: Timestamp,
) -> Vec<(&'static str, Box<dyn QueryFragment<Pg> + Sync + 'a>)> {
    let take = || TakeId { owner, clock: id, limit: 10, now };
    let insert = || Insert { owner, new, now };
    let keyed = WithKey(InsertKey { owner, key, fingerprint, now }, insert());
    let expected = None;
    let change = Change { owner, id, changes, flips: false, expected, now };
    let delete = DeleteAndCount {
        lock: Lock { owner },
        delete: Delete { owner, id, expected },
        count: CountDown { owner, deleted: 1 },
    };
    vec![
        ("insert", Box::new(Together(take(), Returning(insert())))),
        ("insert with a key", Box::new(Together(take(), Returning(keyed)))),
        ("change", Box::new(Together(TakeSeq { owner, id, expected }, change))),
        ("delete", Box::new(delete)),
        ("lock", Box::new(Lock { owner })),
    ]
}

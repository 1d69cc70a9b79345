//! New tasks and completed tasks of several users as one statement each, on PostgreSQL. Their values travel as
//! arrays, so that a batch of any size has the same text and is planned once. The owners' rows are locked in the
//! order of their ids, so that no two batches wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::operations;
use super::queries::{COLUMNS, INSERT};
use crate::auth::OwnerId;
use crate::db::schema::tasks;
use crate::db::{BatchWrite, Session, Timestamp};
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, Task};
use crate::tasks::task::priority::Priority;

/// A task to store.
pub(super) struct Creation {
    pub(super) owner: OwnerId,
    pub(super) new: NewTask,
    pub(super) limit: i64,
}

impl Creation {
    /// Does it alone.
    pub(super) async fn write(&self, s: Session<'_>) -> QueryResult<Option<Task>> {
        operations::insert(s, &self.owner, &self.new, self.limit).await
    }
}

impl BatchWrite for Creation {
    /// `None` when the owner has as many tasks as one may have.
    type Done = Option<Task>;

    async fn write_alone(
        connection: &AsyncPgConnection,
        write: &Self,
    ) -> QueryResult<Option<Task>> {
        write.write(Session::Postgres(connection)).await
    }

    /// Those of an owner who would pass the limit are left out.
    async fn write_all(
        mut connection: &AsyncPgConnection,
        writes: &[Self],
    ) -> QueryResult<Vec<Option<Option<Task>>>> {
        let now = Timestamp::now();
        let insert = InsertAll::of(writes, now);
        let before_last = insert.before_last.clone();
        let made: Vec<(String, TaskId, i64)> = RunQueryDsl::load(insert, &mut connection).await?;
        // The ids of an owner's new tasks follow each other, in the order of the writes.
        let mut by_owner: BTreeMap<&str, BTreeSet<(TaskId, i64)>> = BTreeMap::new();
        for (owner, id, seq) in &made {
            by_owner.entry(owner).or_default().insert((*id, *seq));
        }
        let mine = |(write, before_last): (&Self, i64)| {
            let mine = by_owner.get(write.owner.as_str())?;
            let index = usize::try_from(before_last).ok()?;
            let made = *mine.iter().rev().nth(index)?;
            Some(Some(write.new.as_stored(&write.owner, made, now)))
        };
        Ok(writes.iter().zip(before_last).map(mine).collect())
    }
}

/// For each write, how many of the same owner come after it; and for each owner how many there are in all.
fn ranked<'a>(owners: &[&'a str]) -> (Vec<i64>, BTreeMap<&'a str, i64>) {
    let mut counts = BTreeMap::new();
    let mut after: Vec<i64> = Vec::with_capacity(owners.len());
    for owner in owners.iter().rev() {
        let count = counts.entry(*owner).or_insert(0);
        after.push(*count);
        *count += 1;
    }
    after.reverse();
    (after, counts)
}

/// All tasks of an owner or none of them.
struct InsertAll<'a> {
    distinct: Vec<&'a str>,
    counts: Vec<i64>,
    clock: TaskId,
    limit: i64,
    owners: Vec<&'a str>,
    before_last: Vec<i64>,
    titles: Vec<&'a str>,
    descriptions: Vec<Option<&'a str>>,
    completed: Vec<bool>,
    priorities: Vec<Priority>,
    tags: Vec<&'a str>,
    due_dates: Vec<Option<Timestamp>>,
    now: Timestamp,
}

impl<'a> InsertAll<'a> {
    fn of(writes: &'a [Creation], now: Timestamp) -> Self {
        let new = || writes.iter().map(|write| &write.new);
        let owners: Vec<&str> = writes.iter().map(|write| write.owner.as_str()).collect();
        let (before_last, counts) = ranked(&owners);
        Self {
            distinct: counts.keys().copied().collect(),
            counts: counts.values().copied().collect(),
            clock: TaskId::now(),
            limit: writes.first().map_or(0, |write| write.limit),
            owners,
            before_last,
            titles: new().map(|new| new.title.as_str()).collect(),
            descriptions: new().map(|new| new.description.as_deref()).collect(),
            completed: new().map(|new| new.completed).collect(),
            priorities: new().map(|new| new.priority).collect(),
            tags: new().map(|new| new.tags.as_json()).collect(),
            due_dates: new().map(|new| new.due_date).collect(),
            now,
        }
    }

    /// The step on the owners' rows.
    fn take_ids<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH o AS (INSERT INTO owners (user_id, seq, last_id, tasks, epoch) \
             SELECT user_id, n, ",
        );
        out.push_bind_param::<BigInt, _>(&self.clock)?;
        out.push_sql(" + n - 1, n, ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.distinct)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.counts)?;
        out.push_sql(
            ") AS wanted (user_id, n) ON CONFLICT (user_id) DO UPDATE SET \
             seq = owners.seq + excluded.tasks, tasks = owners.tasks + excluded.tasks, \
             last_id = greatest(excluded.last_id, owners.last_id + excluded.tasks) \
             WHERE owners.tasks + excluded.tasks <= ",
        );
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(" RETURNING user_id, seq, last_id) ");
        Ok(())
    }
}

impl QueryFragment<Pg> for InsertAll<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.take_ids(&mut out)?;
        out.push_sql(INSERT);
        out.push_sql(
            "SELECT o.user_id, o.last_id - new.before_last, o.seq - new.before_last, new.title, \
             new.description, new.completed, new.priority, new.tags, new.due_date, ",
        );
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.owners)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.before_last)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.titles)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.descriptions)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Bool>, _>(&self.completed)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.priorities)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.tags)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.due_dates)?;
        out.push_sql(
            ") AS new (user_id, before_last, title, description, completed, priority, tags, due_date) \
             JOIN o USING (user_id) RETURNING user_id, id, seq",
        );
        Ok(())
    }
}

impl Query for InsertAll<'_> {
    type SqlType = (Text, BigInt, BigInt);
}

impl QueryId for InsertAll<'_> {
    type QueryId = InsertAll<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

/// A task to complete or to reopen, whatever its `seq`.
pub(super) struct Completion {
    pub(super) owner: OwnerId,
    pub(super) id: TaskId,
    /// `None` flips it.
    pub(super) completed: Option<bool>,
}

impl Completion {
    /// Does it alone, where the task has the expected `seq`.
    pub(super) async fn write(
        &self,
        s: Session<'_>,
        expected: Option<i64>,
    ) -> QueryResult<Option<Task>> {
        operations::complete(s, &self.owner, self.id, self.completed, expected).await
    }

    fn names(&self, task: &Task) -> bool {
        self.owner.as_str() == task.user_id && self.id == task.id
    }
}

impl BatchWrite for Completion {
    /// `None` when there is no such task.
    type Done = Option<Task>;

    async fn write_alone(
        connection: &AsyncPgConnection,
        write: &Self,
    ) -> QueryResult<Option<Task>> {
        write.write(Session::Postgres(connection), None).await
    }

    /// Tasks that are not there are left out, and all but one of the writes to the same task.
    async fn write_all(
        mut connection: &AsyncPgConnection,
        writes: &[Self],
    ) -> QueryResult<Vec<Option<Option<Task>>>> {
        let complete = CompleteAll::of(writes, Timestamp::now());
        matched(writes, RunQueryDsl::load(complete, &mut connection).await?)
    }
}

/// What each write has given, in their order.
fn matched(
    writes: &[Completion],
    rows: Vec<(i64, Task)>,
) -> QueryResult<Vec<Option<Option<Task>>>> {
    let mut done: Vec<Option<Option<Task>>> = writes.iter().map(|_| None).collect();
    for (index, task) in rows {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let asked = writes.get(index).zip(done.get_mut(index));
        let (_, given) = asked.filter(|(asked, _)| asked.names(&task)).ok_or_else(|| {
            Error::DeserializationError("the answer is not to what was asked".into())
        })?;
        *given = Some(Some(task));
    }
    Ok(done)
}

/// Gives each task with the index of its write.
struct CompleteAll<'a> {
    distinct: Vec<&'a str>,
    /// The most writes of one owner. The `seq` of each owner grows by so much: a gap means nothing.
    most: i64,
    owners: Vec<&'a str>,
    before_last: Vec<i64>,
    ids: Vec<TaskId>,
    completed: Vec<Option<bool>>,
    now: Timestamp,
}

impl<'a> CompleteAll<'a> {
    fn of(writes: &'a [Completion], now: Timestamp) -> Self {
        let owners: Vec<&str> = writes.iter().map(|write| write.owner.as_str()).collect();
        let (before_last, counts) = ranked(&owners);
        Self {
            distinct: counts.keys().copied().collect(),
            most: counts.values().copied().max().unwrap_or_default(),
            owners,
            before_last,
            ids: writes.iter().map(|write| write.id).collect(),
            completed: writes.iter().map(|write| write.completed).collect(),
            now,
        }
    }
}

impl QueryFragment<Pg> for CompleteAll<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH o AS (UPDATE owners SET seq = seq + ");
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql(" WHERE user_id = ANY(");
        out.push_bind_param::<Array<Text>, _>(&self.distinct)?;
        out.push_sql(
            ") RETURNING user_id, seq) \
             UPDATE tasks SET completed = coalesce(wanted.completed, NOT tasks.completed), \
             seq = o.seq - wanted.before_last, updated_at = ",
        );
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.owners)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.before_last)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Bool>>, _>(&self.completed)?;
        out.push_sql(
            ") WITH ORDINALITY AS wanted (user_id, before_last, id, completed, position) \
             JOIN o USING (user_id) \
             WHERE tasks.user_id = wanted.user_id AND tasks.id = wanted.id \
             RETURNING wanted.position - 1, ",
        );
        out.push_sql(COLUMNS);
        Ok(())
    }
}

impl Query for CompleteAll<'_> {
    type SqlType = (BigInt, tasks::SqlType);
}

impl QueryId for CompleteAll<'_> {
    type QueryId = CompleteAll<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

/// The statements of batches, under their names.
#[cfg(test)]
pub(super) fn batch_statements<'a>(
    creations: &'a [Creation],
    completions: &'a [Completion],
) -> Vec<(&'static str, Box<dyn QueryFragment<Pg> + Sync + 'a>)> {
    let now = Timestamp::now();
    vec![
        ("insert all", Box::new(InsertAll::of(creations, now))),
        ("complete all", Box::new(CompleteAll::of(completions, now))),
    ]
}

#[cfg(test)]
mod tests {
    use diesel::result::Error;

    use super::*;

    fn task(owner: &OwnerId, id: TaskId) -> Task {
        NewTask::for_tests(owner.as_str()).as_stored(owner, (id, 1), Timestamp::now())
    }

    /// Whatever the database answers.
    #[test]
    fn a_user_is_never_given_a_task_that_is_not_the_one_asked_for() {
        let [alice, bob] = ["alice", "bob"].map(OwnerId::for_tests);
        let [hers, his] = ["1", "2"].map(|id| TaskId::parse(id).unwrap());
        let asked = |owner: &OwnerId, id| Completion { owner: owner.clone(), id, completed: None };
        let writes = [asked(&alice, hers), asked(&bob, his)];

        let given = matched(&writes, vec![(1, task(&bob, his))]).unwrap();
        assert_eq!(given.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);

        for row in [
            (0, task(&bob, his)),
            (0, task(&alice, his)),
            (0, task(&bob, hers)),
            (2, task(&alice, hers)),
            (-1, task(&alice, hers)),
        ] {
            let given = matched(&writes, vec![row]);
            assert!(matches!(given, Err(Error::DeserializationError(_))), "{given:?}");
        }
    }

    #[test]
    fn the_writes_of_an_owner_are_counted_from_the_last_one() {
        let (before_last, counts) = ranked(&["b", "a", "b", "b"]);
        assert_eq!(before_last, [2, 0, 1, 0]);
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("a", 1), ("b", 3)]);
    }
}

//! New tasks and completed tasks of several users as one statement each, on PostgreSQL. Their values travel as
//! arrays, so that a batch of any size has the same text and is planned once. The owners' rows are locked in the
//! order of their ids, so that no two batches wait for each other.

use std::collections::BTreeMap;

use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};

use super::{COLUMNS, INSERT};
use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::db::schema::tasks;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::NewTask;
use crate::tasks::task::priority::Priority;

/// The owners of the writes of a batch.
struct Owners<'a> {
    /// Of each write.
    each: Vec<&'a str>,
    /// For each write, how many of the same owner come after it.
    before_last: Vec<i64>,
    distinct: Vec<&'a str>,
    /// Of each distinct one, how many writes there are.
    counts: Vec<i64>,
}

impl<'a> Owners<'a> {
    fn of(owners: impl Iterator<Item = &'a OwnerId>) -> Self {
        let each: Vec<&str> = owners.map(OwnerId::as_str).collect();
        let mut counts = BTreeMap::new();
        let mut before_last = vec![0; each.len()];
        for (owner, before_last) in each.iter().zip(&mut before_last).rev() {
            let count = counts.entry(*owner).or_insert(0);
            *before_last = *count;
            *count += 1;
        }
        let (distinct, counts) = counts.into_iter().unzip();
        Self { each, before_last, distinct, counts }
    }
}

/// Stores new tasks, of each owner all or none, and gives owner, id and `seq` of each.
pub(in crate::tasks::store) struct InsertAll<'a> {
    owners: Owners<'a>,
    clock: TaskId,
    limit: i64,
    titles: Vec<&'a str>,
    descriptions: Vec<Option<&'a str>>,
    completed: Vec<bool>,
    priorities: Vec<Priority>,
    tags: Vec<&'a str>,
    due_dates: Vec<Option<Timestamp>>,
    now: Timestamp,
}

impl<'a> InsertAll<'a> {
    pub(in crate::tasks::store) fn of(
        tasks: &[(&'a OwnerId, &'a NewTask)],
        limit: i64,
        now: Timestamp,
    ) -> Self {
        let new = || tasks.iter().map(|(_, new)| *new);
        Self {
            owners: Owners::of(tasks.iter().map(|(owner, _)| *owner)),
            clock: TaskId::now(),
            limit,
            titles: new().map(|new| new.title.as_str()).collect(),
            descriptions: new().map(|new| new.description.as_deref()).collect(),
            completed: new().map(|new| new.completed).collect(),
            priorities: new().map(|new| new.priority).collect(),
            tags: new().map(|new| new.tags.as_json()).collect(),
            due_dates: new().map(|new| new.due_date).collect(),
            now,
        }
    }

    /// For each task, how many of the same owner come after it.
    pub(in crate::tasks::store) fn before_last(&self) -> &[i64] {
        &self.owners.before_last
    }
}

statement!(InsertAll -> (Text, BigInt, BigInt), on Pg, |self, out| {
    let Owners { each, before_last, distinct, counts } = &self.owners;
    sql!(out,
        "WITH o AS (INSERT INTO owners (user_id, seq, last_id, tasks, epoch) "
        "SELECT user_id, n, " [BigInt: &self.clock] " + n - 1, n, " [BigInt: &self.now]
        " FROM unnest(" [Array<Text>: distinct] ", " [Array<BigInt>: counts]
        // An owner without a row has no conflict, and its tasks are counted here alone.
        ") AS wanted (user_id, n) WHERE n <= " [BigInt: &self.limit]
        " ON CONFLICT (user_id) DO UPDATE SET "
        "seq = owners.seq + excluded.tasks, tasks = owners.tasks + excluded.tasks, "
        "last_id = greatest(excluded.last_id, owners.last_id + excluded.tasks) "
        "WHERE owners.erased_at IS NULL AND owners.tasks + excluded.tasks <= " [BigInt: &self.limit]
        " RETURNING user_id, seq, last_id) " {INSERT}
        "SELECT o.user_id, o.last_id - new.before_last, o.seq - new.before_last, new.title, "
        "new.description, new.completed, new.priority, new.tags, new.due_date, "
        [BigInt: &self.now] ", " [BigInt: &self.now]
        " FROM unnest(" [Array<Text>: each] ", " [Array<BigInt>: before_last]
        ", " [Array<Text>: &self.titles] ", " [Array<Nullable<Text>>: &self.descriptions]
        ", " [Array<Bool>: &self.completed] ", " [Array<SmallInt>: &self.priorities]
        ", " [Array<Text>: &self.tags] ", " [Array<Nullable<BigInt>>: &self.due_dates]
        ") AS new (user_id, before_last, title, description, completed, priority, tags, due_date) "
        "JOIN o USING (user_id) RETURNING user_id, id, seq"
    );
});

/// Sets or flips `completed`, and gives each task with the index of its write. A task that is not there is left out,
/// and all but one of the writes to the same task.
pub(in crate::tasks::store) struct CompleteAll<'a> {
    owners: Owners<'a>,
    /// The most writes of one owner. The `seq` of each owner grows by so much: a gap means nothing.
    most: i64,
    ids: Vec<TaskId>,
    completed: Vec<Option<bool>>,
    now: Timestamp,
}

impl<'a> CompleteAll<'a> {
    pub(in crate::tasks::store) fn of(
        tasks: &[(&'a OwnerId, TaskId, Option<bool>)],
        now: Timestamp,
    ) -> Self {
        let owners = Owners::of(tasks.iter().map(|(owner, ..)| *owner));
        Self {
            most: owners.counts.iter().copied().max().unwrap_or_default(),
            owners,
            ids: tasks.iter().map(|(_, id, _)| *id).collect(),
            completed: tasks.iter().map(|(.., completed)| *completed).collect(),
            now,
        }
    }
}

statement!(CompleteAll -> (BigInt, tasks::SqlType), on Pg, |self, out| {
    let Owners { each, before_last, distinct, .. } = &self.owners;
    sql!(out,
        "WITH o AS (UPDATE owners SET seq = seq + " [BigInt: &self.most]
        " WHERE user_id = ANY(" [Array<Text>: distinct] ") RETURNING user_id, seq) "
        "UPDATE tasks SET completed = coalesce(wanted.completed, NOT tasks.completed), "
        "seq = o.seq - wanted.before_last, updated_at = " [BigInt: &self.now]
        " FROM unnest(" [Array<Text>: each] ", " [Array<BigInt>: before_last]
        ", " [Array<BigInt>: &self.ids] ", " [Array<Nullable<Bool>>: &self.completed]
        ") WITH ORDINALITY AS wanted (user_id, before_last, id, completed, position) "
        "JOIN o USING (user_id) WHERE tasks.user_id = wanted.user_id AND tasks.id = wanted.id "
        "RETURNING wanted.position - 1, " {COLUMNS}
    );
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writes_of_an_owner_are_counted_from_the_last_one() {
        let owners = ["b", "a", "b", "b"].map(OwnerId::for_tests);
        let Owners { each, before_last, distinct, counts } = Owners::of(owners.iter());
        assert_eq!(each, ["b", "a", "b", "b"]);
        assert_eq!(before_last, [2, 0, 1, 0]);
        assert_eq!((distinct, counts), (vec!["a", "b"], vec![1, 3]));
    }
}

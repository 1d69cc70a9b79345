//! The second step of a write: the one on the tasks.

use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};

use super::{COLUMNS, INSERT};
use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::db::schema::tasks;
use crate::tasks::store::statement::statement;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, TaskChanges};

/// Stores a new task and gives its id and `seq`.
pub(in crate::tasks::store) struct Insert<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) new: &'a NewTask,
    pub(in crate::tasks::store) now: Timestamp,
}

statement!(Insert -> (BigInt, BigInt), |self, out| {
    out.push_sql(INSERT);
    out.push_sql("SELECT ");
    out.push_bind_param::<Text, str>(self.owner.as_str())?;
    out.push_sql(", o.last_id, o.seq, ");
    out.push_bind_param::<Text, _>(&self.new.title)?;
    out.push_sql(", ");
    out.push_bind_param::<Nullable<Text>, _>(&self.new.description)?;
    out.push_sql(", ");
    out.push_bind_param::<Bool, _>(&self.new.completed)?;
    out.push_sql(", ");
    out.push_bind_param::<SmallInt, _>(&self.new.priority)?;
    out.push_sql(", ");
    out.push_bind_param::<Text, _>(&self.new.tags)?;
    out.push_sql(", ");
    out.push_bind_param::<Nullable<BigInt>, _>(&self.new.due_date)?;
    out.push_sql(", ");
    out.push_bind_param::<BigInt, _>(&self.now)?;
    out.push_sql(", ");
    out.push_bind_param::<BigInt, _>(&self.now)?;
    out.push_sql(" FROM o RETURNING id, seq");
    Ok(())
});

/// Changes a task: what is `None` stays. One text for every set of changes, so that it is planned once.
pub(in crate::tasks::store) struct Change<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
    pub(in crate::tasks::store) changes: &'a TaskChanges,
    /// Turns `completed` round instead of setting it.
    pub(in crate::tasks::store) flips: bool,
    pub(in crate::tasks::store) expected: Option<i64>,
    pub(in crate::tasks::store) now: Timestamp,
}

/// Whether a member is to be changed.
fn is_set<T>(change: &Option<T>) -> &'static bool {
    if change.is_some() { &true } else { &false }
}

statement!(Change -> tasks::SqlType, |self, out| {
    let TaskChanges { title, description, completed, priority, tags, due_date } = self.changes;
    out.push_sql("UPDATE tasks SET seq = o.seq, title = coalesce(");
    out.push_bind_param::<Nullable<Text>, _>(title)?;
    out.push_sql(", title), description = CASE WHEN ");
    out.push_bind_param::<Bool, _>(is_set(description))?;
    out.push_sql(" THEN ");
    match description {
        Some(value) => out.push_bind_param::<Nullable<Text>, _>(value)?,
        None => out.push_bind_param::<Nullable<Text>, Option<String>>(&None)?,
    }
    out.push_sql(" ELSE description END, completed = CASE WHEN ");
    out.push_bind_param::<Bool, _>(&self.flips)?;
    out.push_sql(" THEN NOT completed ELSE coalesce(");
    out.push_bind_param::<Nullable<Bool>, _>(completed)?;
    out.push_sql(", completed) END, priority = coalesce(");
    out.push_bind_param::<Nullable<SmallInt>, _>(priority)?;
    out.push_sql(", priority), tags = coalesce(");
    out.push_bind_param::<Nullable<Text>, _>(tags)?;
    out.push_sql(", tags), due_date = CASE WHEN ");
    out.push_bind_param::<Bool, _>(is_set(due_date))?;
    out.push_sql(" THEN ");
    match due_date {
        Some(value) => out.push_bind_param::<Nullable<BigInt>, _>(value)?,
        None => out.push_bind_param::<Nullable<BigInt>, Option<Timestamp>>(&None)?,
    }
    out.push_sql(" ELSE due_date END, updated_at = ");
    out.push_bind_param::<BigInt, _>(&self.now)?;
    out.push_sql(" FROM o WHERE tasks.user_id = ");
    out.push_bind_param::<Text, str>(self.owner.as_str())?;
    out.push_sql(" AND tasks.id = ");
    out.push_bind_param::<BigInt, _>(&self.id)?;
    out.push_sql(" AND tasks.seq = coalesce(");
    out.push_bind_param::<Nullable<BigInt>, _>(&self.expected)?;
    out.push_sql(", tasks.seq) RETURNING ");
    out.push_sql(COLUMNS);
    Ok(())
});

/// Deletes a task.
pub(in crate::tasks::store) struct Delete<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) id: TaskId,
    pub(in crate::tasks::store) expected: Option<i64>,
}

statement!(Delete, |self, out| {
    out.push_sql("DELETE FROM tasks WHERE user_id = ");
    out.push_bind_param::<Text, str>(self.owner.as_str())?;
    out.push_sql(" AND id = ");
    out.push_bind_param::<BigInt, _>(&self.id)?;
    out.push_sql(" AND seq = coalesce(");
    out.push_bind_param::<Nullable<BigInt>, _>(&self.expected)?;
    out.push_sql(", seq)");
    Ok(())
});

/// Deletes the completed tasks.
pub(in crate::tasks::store) struct DeleteCompleted<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
}

statement!(DeleteCompleted, |self, out| {
    out.push_sql("DELETE FROM tasks WHERE completed AND user_id = ");
    out.push_bind_param::<Text, str>(self.owner.as_str())
});

/// Deletes all that a table holds of the owner.
pub(in crate::tasks::store) struct Erase<'a> {
    pub(in crate::tasks::store) owner: &'a OwnerId,
    pub(in crate::tasks::store) table: &'static str,
}

/// Every table that holds anything of a user. The keys go first: should a keyed request make a task in between,
/// its key outlives the task until it expires, and a repetition still makes no second one.
pub(in crate::tasks::store) const TABLES: [&str; 3] = ["idempotency_keys", "tasks", "owners"];

statement!(Erase, not kept, |self, out| {
    out.push_sql("DELETE FROM ");
    out.push_sql(self.table);
    out.push_sql(" WHERE user_id = ");
    out.push_bind_param::<Text, str>(self.owner.as_str())
});

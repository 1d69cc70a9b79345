//! Every statement on tasks, once for both databases. Each begins with the owner: no row is reached but by the
//! owner's key.
//!
//! A write has two steps: the first takes the next `seq` from the owner's row, whose lock puts all writes of one
//! user in an order; the second writes the task. PostgreSQL runs both as one statement, `WITH o AS (first)
//! second` ([`Together`]). SQLite, whose `WITH` cannot write, runs them one after the other and hands the
//! second what the first has given, as `WITH o AS (VALUES (…)) second` ([`After`]).

mod batches;
mod feed;
mod keys;
mod list;
mod owner;
mod purge;
mod reads;
mod steps;
mod trash;
mod writes;

pub(super) use batches::{CompleteAll, InsertAll};
pub(super) use feed::{Changed, Deleted, Window};
pub(super) use keys::{EraseKeys, FindKey, FindOutcome, FreeKey, InsertKey, InsertOutcome, NthKey};
pub(super) use list::{Count, List};
pub(super) use owner::{
    CountDown, ErasedAt, ForgetAll, Lock, MarkErased, State, StatesOnPostgres, StatesOnSqlite,
    TakeId, TakeSeq,
};
pub(super) use purge::{EmptyTrash, Expired, ForgetKeys, ForgetMarks, NextUser, NoteForgotten};
pub(super) use reads::{CountAll, Find, MOST_AT_ONCE, Newest, NthId, Oldest, Several};
pub(super) use steps::{After, DeleteAndBury, Returning, Together, WithKey, WithState};
#[cfg(test)]
pub(super) use trash::BURY;
pub(super) use trash::{
    Bury, BuryCompleted, EraseDeleted, FindBuried, NthDeleted, Restore, TakeBack, Trash, Unbury,
};
pub(super) use writes::{Change, Delete, DeleteRange, Erase, Insert, TABLES};

/// The columns of a task, in the order of the table.
pub(super) const COLUMNS: &str = "tasks.user_id, tasks.id, tasks.seq, tasks.title, tasks.description, \
    tasks.completed, tasks.priority, tasks.tags, tasks.due_date, tasks.created_at, tasks.updated_at";

/// The columns that only a task's content has: in the trash they may be empty.
pub(super) const CONTENT: &str =
    "title, description, completed, priority, tags, due_date, created_at, updated_at";

/// Begins a statement that inserts tasks: the same columns, then those that the database fills in.
pub(super) const INSERT: &str = "INSERT INTO tasks (user_id, id, seq, title, description, completed, priority, \
    tags, due_date, created_at, updated_at) ";

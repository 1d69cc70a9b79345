//! The rows as they are copied: every column as it is stored, without a meaning. Here alone statements
//! concern all users at once, because this is what an operator moves; nothing that serves a request
//! may import this module.

use diesel::sql_types::{BigInt, Text};
use diesel::{ExpressionMethods, Insertable, QueryableByName, RunQueryDsl};
use serde::Serialize;

use crate::db::schema::{idempotency_keys, owners, tasks};
use crate::db::{DbConnection, DbError, on_either};

/// How many rows are read at once, and how many are written in a transaction. A row has at most about
/// 9 KB.
pub(super) const BATCH: usize = 500;

/// A table that can be read in the order of its primary key, which is the same in both databases.
pub(super) trait Stored: Serialize + PartialEq + Sized {
    /// Its name.
    const TABLE: &'static str;
    /// Its primary key. The default stands in front of every row.
    type Key: Clone + Default + Ord + std::fmt::Debug;

    fn key(&self) -> Self::Key;

    /// At most [`BATCH`] rows after a key.
    fn batch(connection: &mut DbConnection, after: &Self::Key) -> Result<Vec<Self>, DbError>;
}

/// A table that is copied row by row.
pub(super) trait Copied: Stored {
    fn insert(connection: &mut DbConnection, rows: &[Self]) -> Result<(), DbError>;

    fn delete(connection: &mut DbConnection, key: &Self::Key) -> Result<(), DbError>;
}

/// A row of `tasks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Insertable, QueryableByName)]
#[diesel(table_name = tasks, treat_none_as_default_value = false)]
pub(super) struct TaskRow {
    pub(super) user_id: String,
    pub(super) id: i64,
    pub(super) seq: i64,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) completed: bool,
    pub(super) priority: i16,
    pub(super) tags: String,
    pub(super) due_date: Option<i64>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

impl Stored for TaskRow {
    const TABLE: &'static str = "tasks";
    type Key = (String, i64);

    fn key(&self) -> Self::Key {
        (self.user_id.clone(), self.id)
    }

    fn batch(connection: &mut DbConnection, after: &Self::Key) -> Result<Vec<Self>, DbError> {
        let rows = diesel::sql_query(format!(
            "SELECT * FROM tasks WHERE (user_id, id) > ($1, $2) ORDER BY user_id, id LIMIT {BATCH}"
        ));
        let rows = rows.bind::<Text, _>(&after.0).bind::<BigInt, _>(after.1);
        Ok(on_either!(connection, inner => rows.load(inner))?)
    }
}

impl Copied for TaskRow {
    fn insert(connection: &mut DbConnection, rows: &[Self]) -> Result<(), DbError> {
        on_either!(connection, inner => diesel::insert_into(tasks::table).values(rows).execute(inner))?;
        Ok(())
    }

    fn delete(connection: &mut DbConnection, (user_id, id): &Self::Key) -> Result<(), DbError> {
        let row = diesel::delete(tasks::table)
            .filter(tasks::user_id.eq(user_id))
            .filter(tasks::id.eq(id));
        on_either!(connection, inner => row.execute(inner))?;
        Ok(())
    }
}

/// A row of `idempotency_keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Insertable, QueryableByName)]
#[diesel(table_name = idempotency_keys)]
pub(super) struct KeyRow {
    pub(super) user_id: String,
    pub(super) key: String,
    pub(super) fingerprint: String,
    pub(super) task_id: i64,
    pub(super) task_seq: i64,
    pub(super) created_at: i64,
}

impl Stored for KeyRow {
    const TABLE: &'static str = "idempotency_keys";
    type Key = (String, String);

    fn key(&self) -> Self::Key {
        (self.user_id.clone(), self.key.clone())
    }

    fn batch(connection: &mut DbConnection, after: &Self::Key) -> Result<Vec<Self>, DbError> {
        let rows = diesel::sql_query(format!(
            "SELECT * FROM idempotency_keys WHERE (user_id, key) > ($1, $2) \
             ORDER BY user_id, key LIMIT {BATCH}"
        ));
        let rows = rows.bind::<Text, _>(&after.0).bind::<Text, _>(&after.1);
        Ok(on_either!(connection, inner => rows.load(inner))?)
    }
}

impl Copied for KeyRow {
    fn insert(connection: &mut DbConnection, rows: &[Self]) -> Result<(), DbError> {
        let table = idempotency_keys::table;
        on_either!(connection, inner => diesel::insert_into(table).values(rows).execute(inner))?;
        Ok(())
    }

    fn delete(connection: &mut DbConnection, (user_id, key): &Self::Key) -> Result<(), DbError> {
        let row = diesel::delete(idempotency_keys::table)
            .filter(idempotency_keys::user_id.eq(user_id))
            .filter(idempotency_keys::key.eq(key));
        on_either!(connection, inner => row.execute(inner))?;
        Ok(())
    }
}

/// A row of `owners`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Insertable, QueryableByName)]
#[diesel(table_name = owners)]
pub(super) struct OwnerRow {
    pub(super) user_id: String,
    pub(super) seq: i64,
    pub(super) last_id: i64,
    pub(super) tasks: i64,
    pub(super) epoch: i64,
}

impl Stored for OwnerRow {
    const TABLE: &'static str = "owners";
    type Key = String;

    fn key(&self) -> Self::Key {
        self.user_id.clone()
    }

    fn batch(connection: &mut DbConnection, after: &Self::Key) -> Result<Vec<Self>, DbError> {
        let rows = diesel::sql_query(format!(
            "SELECT * FROM owners WHERE user_id > $1 ORDER BY user_id LIMIT {BATCH}"
        ));
        let rows = rows.bind::<Text, _>(after);
        Ok(on_either!(connection, inner => rows.load(inner))?)
    }
}

impl Copied for OwnerRow {
    fn insert(connection: &mut DbConnection, rows: &[Self]) -> Result<(), DbError> {
        on_either!(connection, inner => diesel::insert_into(owners::table).values(rows).execute(inner))?;
        Ok(())
    }

    fn delete(connection: &mut DbConnection, user_id: &Self::Key) -> Result<(), DbError> {
        let row = diesel::delete(owners::table).filter(owners::user_id.eq(user_id));
        on_either!(connection, inner => row.execute(inner))?;
        Ok(())
    }
}

//! The rows as they are copied: every column as it is stored, without a meaning. Here alone statements
//! concern all users at once, because this is what an operator moves; nothing that serves a request
//! may import this module.

use diesel::sql_types::{BigInt, Text};
use diesel::{ExpressionMethods, Insertable, QueryableByName, RunQueryDsl};
use serde::Serialize;

use crate::db::schema::{deleted_tasks, idempotency_keys, owners, revocations, tasks};
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

/// A table by its primary key, whose first column stands first, and its columns.
macro_rules! table {
    ($row:ident of $table:ident by ($($key:ident: $kind:ident as $type:ty),+) {
        $($column:ident: $value:ty,)+
    }) => {
        #[doc = concat!("A row of `", stringify!($table), "`.")]
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Insertable, QueryableByName)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        pub(super) struct $row {
            $(pub(super) $column: $value,)+
        }

        impl Stored for $row {
            const TABLE: &'static str = stringify!($table);
            type Key = ($($type,)+);

            fn key(&self) -> Self::Key {
                ($(self.$key.clone(),)+)
            }

            fn batch(
                connection: &mut DbConnection,
                ($($key,)+): &Self::Key,
            ) -> Result<Vec<Self>, DbError> {
                let key = [$(stringify!($key)),+];
                let after: Vec<String> = (1..=key.len()).map(|number| format!("${number}")).collect();
                let (key, after, table) = (key.join(", "), after.join(", "), Self::TABLE);
                let rows = diesel::sql_query(format!(
                    "SELECT * FROM {table} WHERE ({key}) > ({after}) ORDER BY {key} LIMIT {BATCH}"
                ));
                let rows = rows$(.bind::<$kind, _>($key))+;
                Ok(on_either!(connection, inner => rows.load(inner))?)
            }
        }

        impl Copied for $row {
            fn insert(connection: &mut DbConnection, rows: &[Self]) -> Result<(), DbError> {
                let rows = diesel::insert_into($table::table).values(rows);
                on_either!(connection, inner => rows.execute(inner))?;
                Ok(())
            }

            fn delete(
                connection: &mut DbConnection,
                ($($key,)+): &Self::Key,
            ) -> Result<(), DbError> {
                let row = diesel::delete($table::table)$(.filter($table::$key.eq($key)))+;
                on_either!(connection, inner => row.execute(inner))?;
                Ok(())
            }
        }
    };
}

table!(OwnerRow of owners by (user_id: Text as String) {
    user_id: String,
    seq: i64,
    last_id: i64,
    tasks: i64,
    epoch: i64,
    purged_seq: i64,
    erased_at: Option<i64>,
});

table!(RevocationRow of revocations by (id: BigInt as i64) {
    id: i64,
    kind: String,
    subject: String,
    issued_until: i64,
    expires_at: i64,
});

table!(TaskRow of tasks by (user_id: Text as String, id: BigInt as i64) {
    user_id: String,
    id: i64,
    seq: i64,
    title: String,
    description: Option<String>,
    completed: bool,
    priority: i16,
    tags: String,
    due_date: Option<i64>,
    created_at: i64,
    updated_at: i64,
});

table!(DeletedRow of deleted_tasks by (user_id: Text as String, id: BigInt as i64) {
    user_id: String,
    id: i64,
    seq: i64,
    deleted_at: i64,
    title: Option<String>,
    description: Option<String>,
    completed: Option<bool>,
    priority: Option<i16>,
    tags: Option<String>,
    due_date: Option<i64>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
});

table!(KeyRow of idempotency_keys by (user_id: Text as String, key: Text as String) {
    user_id: String,
    key: String,
    fingerprint: String,
    task_id: i64,
    task_seq: i64,
    created_at: i64,
    outcome: Option<String>,
});

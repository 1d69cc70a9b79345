//! The table `taskbridge_copy`, which is in the target from the first row to the last check: what each
//! table holds by the work of this command alone. Every batch changes it in its own transaction, so it
//! is right whenever the process dies. While it agrees with the tables, no other program has written to
//! them, and a row that differs from the source's is an older copy that may be replaced.

use anyhow::ensure;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};

use super::checksum::Checksum;
use super::tables::{DeletedRow, KeyRow, OwnerRow, RevocationRow, Stored, TaskRow};
use crate::db::{DbConnection, DbError, on_either};

/// What the copied tables hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) owners: Checksum,
    pub(super) tasks: Checksum,
    pub(super) deleted: Checksum,
    pub(super) keys: Checksum,
    pub(super) revocations: Checksum,
}

impl Content {
    fn tables(&self) -> [(&'static str, Checksum); 5] {
        [
            (OwnerRow::TABLE, self.owners),
            (TaskRow::TABLE, self.tasks),
            (DeletedRow::TABLE, self.deleted),
            (KeyRow::TABLE, self.keys),
            (RevocationRow::TABLE, self.revocations),
        ]
    }
}

#[derive(QueryableByName)]
struct Entry {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = BigInt)]
    row_count: i64,
    #[diesel(sql_type = Text)]
    checksum: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The ledger, if there is one.
pub(super) fn read(connection: &mut DbConnection) -> Result<Option<Content>, DbError> {
    let is_there = match connection {
        DbConnection::Postgres(_) => {
            "SELECT count(*) AS count FROM information_schema.tables WHERE table_name = 'taskbridge_copy'"
        }
        DbConnection::Sqlite(_) => {
            "SELECT count(*) AS count FROM sqlite_master WHERE name = 'taskbridge_copy'"
        }
    };
    let tables: Count =
        on_either!(connection, inner => diesel::sql_query(is_there).get_result(inner))?;
    if tables.count == 0 {
        return Ok(None);
    }
    let query = diesel::sql_query("SELECT table_name, row_count, checksum FROM taskbridge_copy");
    let entries: Vec<Entry> = on_either!(connection, inner => query.load(inner))?;
    let of = |table: &str| {
        let entry = entries.iter().find(|entry| entry.table_name == table);
        entry.and_then(|entry| Checksum::parse(entry.row_count, &entry.checksum))
    };
    // Something unreadable agrees with no table that holds a row, so it proves nothing.
    Ok(Some(Content {
        owners: of(OwnerRow::TABLE).unwrap_or_default(),
        tasks: of(TaskRow::TABLE).unwrap_or_default(),
        deleted: of(DeletedRow::TABLE).unwrap_or_default(),
        keys: of(KeyRow::TABLE).unwrap_or_default(),
        revocations: of(RevocationRow::TABLE).unwrap_or_default(),
    }))
}

/// Writes down what is there.
pub(super) fn start(connection: &mut DbConnection, content: &Content) -> Result<(), DbError> {
    connection.atomically(|connection| {
        connection.batch_execute(
            "CREATE TABLE IF NOT EXISTS taskbridge_copy (\
             table_name TEXT NOT NULL PRIMARY KEY, row_count BIGINT NOT NULL, checksum TEXT NOT NULL);\
             DELETE FROM taskbridge_copy;",
        )?;
        for (table, checksum) in content.tables() {
            let row = diesel::sql_query("INSERT INTO taskbridge_copy VALUES ($1, $2, $3)")
                .bind::<Text, _>(table)
                .bind::<BigInt, _>(checksum.rows())
                .bind::<Text, _>(checksum.hex());
            on_either!(connection, inner => row.execute(inner))?;
        }
        Ok(())
    })
}

/// Goes on from one checksum of a table to the next, inside the transaction that makes it true.
pub(super) fn advance(
    connection: &mut DbConnection,
    table: &str,
    from: &Checksum,
    to: &Checksum,
) -> anyhow::Result<()> {
    let step = diesel::sql_query(
        "UPDATE taskbridge_copy SET row_count = $1, checksum = $2 \
         WHERE table_name = $3 AND row_count = $4 AND checksum = $5",
    )
    .bind::<BigInt, _>(to.rows())
    .bind::<Text, _>(to.hex())
    .bind::<Text, _>(table)
    .bind::<BigInt, _>(from.rows())
    .bind::<Text, _>(from.hex());
    let changed = on_either!(connection, inner => step.execute(inner)).map_err(DbError::from)?;
    ensure!(changed == 1, "another copy into the same database is running: let one of them end");
    Ok(())
}

/// The copy is complete.
pub(super) fn end(connection: &mut DbConnection) -> Result<(), DbError> {
    Ok(connection.batch_execute("DROP TABLE IF EXISTS taskbridge_copy")?)
}

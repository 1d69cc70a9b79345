//! Nothing that the migrations make stays behind.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use rstest::rstest;

use super::databases::{deleted, key, owner, revocation, task};
use crate::cli::copy::tables::{DeletedRow, KeyRow, OwnerRow, RevocationRow, Stored, TaskRow};
use crate::db::on_either;
use crate::db::testing::{Backend, TestDb};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(db: &TestDb, statement: &str) -> Vec<String> {
    let rows: Vec<Name> = db.run(|connection| {
        on_either!(connection, inner => diesel::RunQueryDsl::load(diesel::sql_query(statement), inner)).unwrap()
    });
    let mut names: Vec<String> = rows.into_iter().map(|row| row.name).collect();
    names.retain(|name| !name.starts_with("__diesel"));
    names.sort();
    names
}

#[rstest]
fn every_table_is_copied(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let statement = match backend {
        Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Backend::Postgres => {
            "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables \
             WHERE table_schema = 'public'"
        }
    };
    let tables = names(&TestDb::new(backend), statement);
    let copied =
        [DeletedRow::TABLE, KeyRow::TABLE, OwnerRow::TABLE, RevocationRow::TABLE, TaskRow::TABLE];
    assert_eq!(tables, copied);
}

#[test]
fn every_column_is_copied() {
    let db = TestDb::new(Backend::Sqlite);
    for (table, row) in [
        (TaskRow::TABLE, serde_json::to_value(task("a", 1)).unwrap()),
        (DeletedRow::TABLE, serde_json::to_value(deleted("a", 1)).unwrap()),
        (KeyRow::TABLE, serde_json::to_value(key("a", "b")).unwrap()),
        (OwnerRow::TABLE, serde_json::to_value(owner("a")).unwrap()),
        (RevocationRow::TABLE, serde_json::to_value(revocation(1)).unwrap()),
    ] {
        let mut members: Vec<&String> = row.as_object().unwrap().keys().collect();
        members.sort();
        let columns = names(&db, &format!("SELECT name FROM pragma_table_info('{table}')"));
        assert_eq!(columns.iter().collect::<Vec<_>>(), members);
    }
}

//! The table that finds tasks by tag is always what the rows say, whoever wrote them.

use diesel::connection::SimpleConnection;
use rstest::rstest;

use super::*;
use crate::db::testing::Backend;
use crate::tasks::id::TaskId;
use crate::tasks::model::TaskChanges;
use crate::tasks::precondition::{Precondition::Exists, Written};

fn indexed(db: &TestDb) -> Vec<(i64, String)> {
    const QUERY: &str = "SELECT task_id, tag FROM task_tags WHERE user_id = 'alice' ORDER BY 1, 2";
    let rows: Vec<IndexedTag> = db
        .run(|c| match c {
            DbConnection::Sqlite(c) => diesel::sql_query(QUERY).load(c),
            DbConnection::Postgres(c) => diesel::sql_query(QUERY).load(c),
        })
        .unwrap();
    rows.into_iter().map(|row| (row.task_id, row.tag)).collect()
}

fn as_the_rows_say(db: &TestDb) -> Vec<(i64, String)> {
    let everything = TaskFilter::default();
    let tasks = db.run(|c| statement::page(c, &alice(), &everything, Sort::DEFAULT, None, ALL));
    let mut pairs: Vec<_> = tasks
        .unwrap()
        .iter()
        .flat_map(|task| tags_of(task).into_iter().map(|tag| (task.id.to_i64(), tag)))
        .collect();
    pairs.sort();
    pairs
}

#[rstest]
fn it_follows_every_write(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let db = TestDb::new(backend);
    let stored = stored_tasks(&db, 30);
    assert!(indexed(&db).len() > 20);
    assert_eq!(indexed(&db), as_the_rows_say(&db));

    let change = |id: TaskId, tags: &[&str]| {
        let tags = Some(Tags::from_checked(tags));
        let changes = TaskChanges { tags, ..TaskChanges::default() };
        let written = db.run(|c| repository::update(c, &alice(), id, &changes, &Exists));
        assert!(matches!(written, Ok(Written::Done(_))), "{written:?}");
    };
    change(stored[0].id, &["new", "home", "it's \"quoted\""]);
    change(stored[1].id, &[]);
    change(stored[2].id, &tags_of(&stored[2]).iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(indexed(&db), as_the_rows_say(&db));
    assert!(indexed(&db).contains(&(stored[0].id.to_i64(), "it's \"quoted\"".to_owned())));

    for task in &stored {
        let deleted = db.run(|c| repository::delete(c, &alice(), task.id, &Exists));
        assert!(matches!(deleted, Ok(Written::Done(()))), "{deleted:?}");
    }
    assert_eq!(indexed(&db), []);
}

#[rstest]
fn the_migration_indexes_what_was_there_before(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    stored_tasks(&db, 30);
    let (down, up) = match backend {
        Backend::Sqlite => (
            include_str!("../../../../migrations/sqlite/2026-11-21-000001_list_tasks/down.sql"),
            include_str!("../../../../migrations/sqlite/2026-11-21-000001_list_tasks/up.sql"),
        ),
        Backend::Postgres => (
            include_str!("../../../../migrations/postgres/2026-11-21-000001_list_tasks/down.sql"),
            include_str!("../../../../migrations/postgres/2026-11-21-000001_list_tasks/up.sql"),
        ),
    };
    let before = indexed(&db);
    db.run(|c| c.batch_execute(down)).unwrap();
    db.run(|c| c.batch_execute(up)).unwrap();
    assert_eq!(indexed(&db), before);
}

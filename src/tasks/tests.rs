//! The repository's contract: the same tests, on a real SQLite file and a real PostgreSQL.

use std::sync::Arc;
use std::thread;

use rstest::rstest;

use super::id::TaskId;
use super::model::{NewTask, Task, TaskChanges};
use super::precondition::Precondition::{self, OneOf};
use super::precondition::Written;
use super::priority::Priority;
use super::repository;
use super::tags::Tags;
use crate::auth::OwnerId;
use crate::db::testing::{Backend, TestDb, connect};
use crate::db::{DbError, Timestamp};

const ANY: Precondition = Precondition::Exists;

fn alice() -> OwnerId {
    OwnerId::for_tests("alice")
}

fn mallory() -> OwnerId {
    OwnerId::for_tests("mallory")
}

fn done<T: std::fmt::Debug>(written: Result<Written<T>, DbError>) -> T {
    match written.unwrap() {
        Written::Done(value) => value,
        other => panic!("{other:?}"),
    }
}

fn add(db: &TestDb, owner: &OwnerId, title: &str) -> Task {
    db.run(|connection| repository::insert(connection, owner, &NewTask::for_tests(title))).unwrap()
}

#[rstest]
fn what_is_inserted_is_found_again(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let db = TestDb::new(backend);
    let new = NewTask {
        title: "Ünïcödé 🦀 '\"; DROP TABLE tasks; --".to_owned(),
        description: Some(String::new()),
        completed: true,
        priority: Priority::High,
        tags: Tags::from_checked(&["home", "b\"c", "ä"]),
        due_date: Timestamp::parse("2026-11-21T02:48:54.878123Z"),
    };
    let inserted = db.run(|connection| repository::insert(connection, &alice(), &new)).unwrap();
    let found = db.run(|connection| repository::find(connection, &alice(), inserted.id));
    assert_eq!(found.unwrap().as_ref(), Some(&inserted));
    assert_eq!(inserted.user_id, "alice");
    assert_eq!(inserted.version, 1);
    assert_eq!(inserted.title, new.title);
    assert_eq!(inserted.description, new.description);
    assert!(inserted.completed);
    assert_eq!(inserted.priority, new.priority);
    assert_eq!(inserted.tags, new.tags);
    assert_eq!(inserted.due_date, new.due_date);
    assert_eq!(inserted.created_at, inserted.updated_at);
}

#[rstest]
fn an_update_changes_what_it_names_and_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let before = add(&db, &alice(), "before");
    let update = |changes: TaskChanges| {
        db.run(|c| done(repository::update(c, &alice(), before.id, &changes, &ANY)))
    };
    let described = update(TaskChanges {
        description: Some(Some("why".to_owned())),
        due_date: Some(Timestamp::parse("2026-11-21")),
        ..TaskChanges::default()
    });
    assert_eq!(described.description.as_deref(), Some("why"));
    assert_eq!((described.version, described.title.as_str()), (2, "before"));
    assert!(described.updated_at >= before.updated_at);
    assert_eq!(described.created_at, before.created_at);

    let cleared = update(TaskChanges {
        description: Some(None),
        due_date: Some(None),
        ..TaskChanges::default()
    });
    assert_eq!((cleared.description.clone(), cleared.due_date, cleared.version), (None, None, 3));

    let untouched = update(TaskChanges::default());
    assert_eq!(untouched, cleared, "an empty change is no change");
}

#[rstest]
fn somebody_elses_task_is_as_absent_as_a_missing_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let hers = add(&db, &alice(), "hers");
    let renamed = TaskChanges { title: Some("stolen".to_owned()), ..TaskChanges::default() };
    let (owner, empty) = (mallory(), TaskChanges::default());
    for id in [hers.id, TaskId::mint()] {
        assert_eq!(db.run(|c| repository::find(c, &owner, id)).unwrap(), None);
        for condition in [ANY, OneOf(vec![1]), OneOf(vec![2]), OneOf(Vec::new())] {
            let condition = &condition;
            for changes in [&renamed, &empty] {
                let updated = db.run(|c| repository::update(c, &owner, id, changes, condition));
                assert_eq!(updated.unwrap(), Written::Absent);
            }
            let toggled = db.run(|c| repository::toggle(c, &owner, id, condition));
            assert_eq!(toggled.unwrap(), Written::Absent);
            let deleted = db.run(|c| repository::delete(c, &owner, id, condition));
            assert_eq!(deleted.unwrap(), Written::Absent);
        }
    }
    assert_eq!(db.run(|c| repository::find(c, &alice(), hers.id)).unwrap(), Some(hers));
}

#[rstest]
fn a_deleted_task_is_gone_and_its_id_is_not_used_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let task = add(&db, &alice(), "short-lived");
    let delete = || db.run(|c| repository::delete(c, &alice(), task.id, &ANY)).unwrap();
    assert_eq!((delete(), delete()), (Written::Done(()), Written::Absent));
    assert_eq!(db.run(|c| repository::find(c, &alice(), task.id)).unwrap(), None);
    assert!(add(&db, &alice(), "next").id > task.id);
}

#[rstest]
fn concurrent_flips_lose_none(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    const CLIENTS: i64 = 8;
    const FLIPS_EACH: i64 = 25;
    let db = Arc::new(TestDb::new(backend));
    let task = add(&db, &alice(), "contended");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (url, id) = (db.url.clone(), task.id);
            thread::spawn(move || {
                let mut connection = connect(&url);
                for _ in 0..FLIPS_EACH {
                    done(repository::toggle(&mut connection, &alice(), id, &ANY));
                }
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());
    let after = db.run(|c| repository::find(c, &alice(), task.id)).unwrap().unwrap();
    assert_eq!(after.version, 1 + CLIENTS * FLIPS_EACH);
    assert!(!after.completed, "an even number of flips");
}

#[rstest]
fn concurrent_inserts_of_one_user_all_get_their_own_id(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = Arc::new(TestDb::new(backend));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let url = db.url.clone();
            thread::spawn(move || {
                let mut connection = connect(&url);
                let mut insert = |_| {
                    repository::insert(&mut connection, &alice(), &NewTask::for_tests("x"))
                        .unwrap()
                        .id
                };
                (0..20).map(&mut insert).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut ids: Vec<_> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 80);
}

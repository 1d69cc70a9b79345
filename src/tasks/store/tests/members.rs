//! Every member of a task goes through every operation. A member that is forgotten in one place fails here: the
//! columns are compared with the tables, and the structures are taken apart without `..`.

use diesel::sqlite::Sqlite;
use diesel::{QueryDsl, debug_query};
use futures_util::future::join_all;
use rstest::rstest;

use super::*;
use crate::db::schema::tasks;
use crate::tasks::idempotency::IdempotencyKey;
use crate::tasks::store::queries::{BURY, COLUMNS, CONTENT, INSERT};
use crate::tasks::task::priority::Priority;
use crate::tasks::task::tags::Tags;

#[test]
fn the_columns_stand_in_the_order_of_the_table() {
    let all = debug_query::<Sqlite, _>(&tasks::table.select(tasks::all_columns)).to_string();
    let written = all.replace('`', "");
    assert!(written.starts_with(&format!("SELECT {COLUMNS} FROM")), "{written}");
    let bare = COLUMNS.replace("tasks.", "");
    assert_eq!(INSERT, format!("INSERT INTO tasks ({bare}) "));
    assert_eq!(bare, format!("user_id, id, seq, {CONTENT}"));
    assert_eq!(
        BURY,
        format!("INSERT INTO deleted_tasks (user_id, id, seq, deleted_at, {CONTENT}) ")
    );
}

/// A task and another one, different in every member.
fn two() -> [NewTask; 2] {
    let a = NewTask {
        title: "Ünïcödé 🦀 '\"; DROP TABLE tasks; --".to_owned(),
        description: Some(String::new()),
        completed: true,
        priority: Priority::High,
        tags: Tags::from_checked(&["home", "b\"c", "ä"]),
        due_date: Timestamp::parse("2026-11-21T02:48:54.878123Z"),
    };
    let b = NewTask {
        title: "b".to_owned(),
        description: None,
        completed: false,
        priority: Priority::Low,
        tags: Tags::default(),
        due_date: None,
    };
    [a, b]
}

#[track_caller]
fn assert_is(task: &Task, expected: &NewTask) {
    let NewTask { title, description, completed, priority, tags, due_date } = expected;
    assert_eq!(&task.title, title);
    assert_eq!(&task.description, description);
    assert_eq!(&task.completed, completed);
    assert_eq!(&task.priority, priority);
    assert_eq!(&task.tags, tags);
    assert_eq!(&task.due_date, due_date);
}

/// The change of every member.
fn change_to(new: &NewTask) -> TaskChanges {
    let NewTask { title, description, completed, priority, tags, due_date } = new.clone();
    TaskChanges {
        title: Some(title),
        description: Some(description),
        completed: Some(completed),
        priority: Some(priority),
        tags: Some(tags),
        due_date: Some(due_date),
    }
}

/// The changes of one member each.
fn single_changes(all: &TaskChanges) -> Vec<TaskChanges> {
    let TaskChanges { title, description, completed, priority, tags, due_date } = all.clone();
    let none = TaskChanges::default;
    vec![
        TaskChanges { title, ..none() },
        TaskChanges { description, ..none() },
        TaskChanges { completed, ..none() },
        TaskChanges { priority, ..none() },
        TaskChanges { tags, ..none() },
        TaskChanges { due_date, ..none() },
    ]
}

/// What a change makes of a task, in plain Rust.
fn applied(to: &NewTask, changes: &TaskChanges) -> NewTask {
    let TaskChanges { title, description, completed, priority, tags, due_date } = changes.clone();
    let to = to.clone();
    NewTask {
        title: title.unwrap_or(to.title),
        description: description.unwrap_or(to.description),
        completed: completed.unwrap_or(to.completed),
        priority: priority.unwrap_or(to.priority),
        tags: tags.unwrap_or(to.tags),
        due_date: due_date.unwrap_or(to.due_date),
    }
}

#[rstest]
#[actix_rt::test]
async fn what_is_made_alone_together_or_with_a_key_is_found_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    for new in two() {
        for owner in [alice(), mallory()] {
            let task = made(store.create(&owner, new.clone()).await);
            assert_is(&task, &new);
            assert_eq!(task.user_id, owner.as_str());
            assert_eq!(task.created_at, task.updated_at);
            assert_eq!(store.find(&owner, task.id).await.unwrap(), Some(task));
        }
        // By now the worker has a connection of its own, and these share statements on PostgreSQL.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let owner = alice();
        for made_so in join_all((0..20).map(|_| store.create(&owner, new.clone()))).await {
            let task = made(made_so);
            assert_is(&task, &new);
            assert_eq!(store.find(&alice(), task.id).await.unwrap(), Some(task));
        }
        let key = IdempotencyKey::parse(new.priority.as_str().as_bytes()).unwrap();
        let task = made(store.create_once(&alice(), &new, &key).await);
        assert_is(&task, &new);
        assert_eq!(made(store.create_once(&alice(), &new, &key).await), task);
        assert_eq!(store.find(&alice(), task.id).await.unwrap(), Some(task));
    }
}

#[rstest]
#[actix_rt::test]
async fn every_change_changes_what_it_names_and_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let [a, b] = two();
    for (from, to) in [(&a, &b), (&b, &a)] {
        let whole = change_to(to);
        for changes in single_changes(&whole).iter().chain([&whole]) {
            let before = made(store.create(&alice(), from.clone()).await);
            let after = done(store.update(&alice(), before.id, changes, &ANY).await);
            assert_is(&after, &applied(from, changes));
            assert!(after.seq > before.seq && after.updated_at >= before.updated_at);
            assert_eq!((after.id, after.created_at), (before.id, before.created_at));
            assert_eq!(store.find(&alice(), after.id).await.unwrap(), Some(after));
        }
        let task = made(store.create(&alice(), from.clone()).await);
        let unchanged = store.update(&alice(), task.id, &TaskChanges::default(), &ANY).await;
        assert_eq!(done(unchanged), task, "an empty change is no change");
    }
}

#[rstest]
#[actix_rt::test]
async fn completing_changes_that_and_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    for new in two() {
        let mut tasks = Vec::new();
        for owner in [alice(), mallory(), alice()] {
            tasks.push((owner.clone(), made(store.create(&owner, new.clone()).await)));
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        for (wanted, expected) in
            [(None, !new.completed), (Some(true), true), (Some(false), false), (None, true)]
        {
            let complete = tasks.iter().map(|(owner, task)| async {
                done(store.complete(owner, task.id, wanted, &ANY).await)
            });
            for (task, (owner, made)) in join_all(complete).await.into_iter().zip(&tasks) {
                assert_is(&task, &NewTask { completed: expected, ..new.clone() });
                assert_eq!((task.id, task.created_at), (made.id, made.created_at));
                assert_eq!(store.find(owner, task.id).await.unwrap(), Some(task));
            }
        }
    }
}

#[rstest]
#[actix_rt::test]
async fn every_way_to_read_gives_the_same_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let [a, b] = two();
    let first = made(store.create(&alice(), a).await);
    let second = made(store.create(&alice(), b).await);
    let both = [second, first];
    for query in ["", "search=&sort=-created_at", "sort=-updated_at", "search=b&sort=-created_at"] {
        let params = ListParams::parse(query, "alice").unwrap();
        let page = store.list(&alice(), &params).await.unwrap();
        assert_eq!(page.tasks, both[..page.tasks.len()], "{query}");
        assert!(!page.tasks.is_empty());
    }
    let mut batch = store.batch(&alice(), None, 10).await.unwrap();
    batch.reverse();
    assert_eq!(batch, both);
}

#[rstest]
#[actix_rt::test]
async fn the_trash_keeps_every_member_and_gives_it_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    for new in two() {
        let task = made(store.create(&alice(), new.clone()).await);
        done(store.delete(&alice(), task.id, &ANY).await);
        assert_eq!(store.find(&alice(), task.id).await.unwrap(), None);
        let buried = store.trash(&alice(), i64::MAX, 1).await.unwrap().remove(0).0;
        assert_eq!(buried, Task { seq: task.seq + 1, ..task.clone() });
        let restored = store.restore(&alice(), task.id, &OneOf(vec![buried.seq])).await.unwrap();
        let restored = match restored {
            Restored::Written(Written::Done(task)) => task,
            other => panic!("{other:?}"),
        };
        assert_eq!(restored, Task { seq: task.seq + 2, ..task.clone() });
        assert_eq!(store.find(&alice(), task.id).await.unwrap(), Some(restored));
        assert_eq!(store.trash(&alice(), i64::MAX, 1).await.unwrap(), []);
    }
}

//! The store's contract: the same tests on a real SQLite file and a real PostgreSQL.

mod clearing;
mod contention;
mod explain;
mod keys;
mod members;
mod plans;
mod purge;
mod shards;
mod statements;
mod trash;

use rstest::rstest;

use super::{Created, Restored, TaskRules, TaskStore};
use crate::auth::OwnerId;
use crate::db::testing::{Backend, TestDb};
use crate::db::{Db, DbError, DbSettings, Timestamp};
use crate::tasks::feed::Changes;
use crate::tasks::list::filter::TaskFilter;
use crate::tasks::list::params::ListParams;
use crate::tasks::list::sort::Sort;
use crate::tasks::request::precondition::Precondition::{self, OneOf};
use crate::tasks::request::precondition::Written;
use crate::tasks::task::etag::EntityTag;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, Task, TaskChanges};

const ANY: Precondition = Precondition::Exists;

fn alice() -> OwnerId {
    OwnerId::for_tests("alice")
}

fn mallory() -> OwnerId {
    OwnerId::for_tests("mallory")
}

#[track_caller]
fn done<T: std::fmt::Debug>(written: Result<Written<T>, DbError>) -> T {
    match written.unwrap() {
        Written::Done(value) => value,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn made(created: Result<Created, DbError>) -> Task {
    match created.unwrap() {
        Created::Task(task) => task,
        other => panic!("{other:?}"),
    }
}

async fn add(store: &TaskStore, owner: &OwnerId, title: &str) -> Task {
    made(store.create(owner, NewTask::for_tests(title)).await)
}

/// What a page of the feed says is gone.
fn ids(page: &Changes) -> Vec<TaskId> {
    page.deleted.iter().map(|(_, id)| *id).collect()
}

fn renamed(title: &str) -> TaskChanges {
    TaskChanges { title: Some(title.to_owned()), ..TaskChanges::default() }
}

async fn all(store: &TaskStore, owner: &OwnerId) -> Vec<Task> {
    let params = ListParams {
        filter: TaskFilter::default(),
        sort: Sort::DEFAULT,
        limit: 10_000,
        after: None,
        include_total: true,
    };
    let page = store.list(owner, &params).await.unwrap();
    assert_eq!(page.total, Some(i64::try_from(page.tasks.len()).unwrap()), "the count is exact");
    page.tasks
}

#[rstest]
#[actix_rt::test]
async fn every_write_of_an_owner_takes_the_next_number(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let first = add(&store, &alice(), "a").await;
    let other = add(&store, &mallory(), "x").await;
    let second = add(&store, &alice(), "b").await;
    assert_eq!((first.seq, other.seq, second.seq), (1, 1, 2));
    assert!(second.id > first.id);
    let changed = done(store.update(&alice(), first.id, &renamed("c"), &ANY).await);
    assert_eq!((changed.seq, changed.title.as_str()), (3, "c"));
    let flipped = done(store.complete(&alice(), second.id, None, &ANY).await);
    assert_eq!((flipped.seq, flipped.completed), (4, true));
    assert_eq!(all(&store, &alice()).await, [flipped, changed]);
}

#[rstest]
#[actix_rt::test]
async fn a_foreign_task_is_as_absent_as_a_missing_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let hers = add(&store, &alice(), "hers").await;
    add(&store, &mallory(), "his").await;
    let (owner, empty) = (mallory(), TaskChanges::default());
    let missing = TaskId::parse("7").unwrap();
    for id in [hers.id, missing] {
        assert_eq!(store.find(&owner, id).await.unwrap(), None);
        for condition in [ANY, OneOf(vec![1]), OneOf(vec![1, 2]), OneOf(vec![2]), OneOf(vec![])] {
            for changes in [&renamed("stolen"), &empty] {
                let updated = store.update(&owner, id, changes, &condition).await.unwrap();
                assert_eq!(updated, Written::Absent);
            }
            for completed in [None, Some(true)] {
                let written = store.complete(&owner, id, completed, &condition).await.unwrap();
                assert_eq!(written, Written::Absent);
            }
            let deleted = store.delete(&owner, id, &condition).await.unwrap();
            assert_eq!(deleted, Written::Absent);
        }
    }
    assert_eq!(store.delete_completed(&owner).await.unwrap(), 0);
    store.erase(&owner).await.unwrap();
    assert_eq!(all(&store, &alice()).await, [hers]);
    assert_eq!(add(&store, &alice(), "next").await.seq, 2, "none of it has touched her row");
}

#[rstest]
#[actix_rt::test]
async fn a_precondition_lets_a_write_through_for_the_state_it_names(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let task = add(&store, &alice(), "a").await;
    let stale = Written::Stale(EntityTag::of(&task));
    for condition in [OneOf(vec![2]), OneOf(vec![2, 3]), OneOf(vec![])] {
        let updated = store.update(&alice(), task.id, &renamed("b"), &condition).await.unwrap();
        assert_eq!(updated, stale);
        let read = store.update(&alice(), task.id, &TaskChanges::default(), &condition).await;
        assert_eq!(read.unwrap(), stale);
        assert_eq!(store.complete(&alice(), task.id, None, &condition).await.unwrap(), stale);
        let deleted = store.delete(&alice(), task.id, &condition).await.unwrap();
        assert_eq!(deleted, Written::Stale(EntityTag::of(&task)));
    }
    assert_eq!(all(&store, &alice()).await, std::slice::from_ref(&task));
    let condition = OneOf(vec![task.seq]);
    let task = done(store.update(&alice(), task.id, &renamed("b"), &condition).await);
    let condition = OneOf(vec![1, task.seq, 99]);
    let task = done(store.complete(&alice(), task.id, Some(true), &condition).await);
    done(store.delete(&alice(), task.id, &OneOf(vec![task.seq])).await);
    assert_eq!(all(&store, &alice()).await, []);
}

#[rstest]
#[actix_rt::test]
async fn the_limit_counts_what_is_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db).limited_to(2);
    let first = add(&store, &alice(), "a").await;
    add(&store, &alice(), "b").await;
    let owner = alice();
    let one_more = || store.create(&owner, NewTask::for_tests("c"));
    assert_eq!(one_more().await.unwrap(), Created::LimitReached);
    assert_eq!(made(store.create(&mallory(), NewTask::for_tests("x")).await).seq, 1);
    done(store.delete(&alice(), first.id, &ANY).await);
    let third = made(one_more().await);
    assert!(third.id > first.id, "its id is not used again");
    assert_eq!(one_more().await.unwrap(), Created::LimitReached);
    done(store.complete(&alice(), third.id, Some(true), &ANY).await);
    assert_eq!(store.delete_completed(&alice()).await.unwrap(), 1);
    made(one_more().await);
    assert_eq!(all(&store, &alice()).await.len(), 2);
}

#[rstest]
#[actix_rt::test]
async fn a_batch_begins_after_a_task_and_goes_on_in_the_order_of_creation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let mut tasks = Vec::new();
    for title in ["a", "b", "c"] {
        tasks.push(add(&store, &alice(), title).await);
    }
    add(&store, &mallory(), "x").await;
    assert_eq!(store.batch(&alice(), None, 2).await.unwrap(), tasks[..2]);
    assert_eq!(store.batch(&alice(), Some(tasks[1].id), 2).await.unwrap(), tasks[2..]);
}

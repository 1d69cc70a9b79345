//! Idempotency keys: the first request makes the task, the others get its answer.

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;
use rstest::rstest;

use super::*;
use crate::db::{Db, DbSettings};
use crate::tasks::idempotency::IdempotencyKey;
use crate::tasks::store::purge_idempotency_keys;

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text.as_bytes()).unwrap()
}

async fn create(store: &TaskStore, title: &str, text: &str) -> Created {
    store.create_once(&alice(), &NewTask::for_tests(title), &key(text)).await.unwrap()
}

/// Moves all keys of this name into the past.
fn set_back(db: &TestDb, text: &str, hours: i64) {
    let micros = hours * 60 * 60 * 1_000_000;
    let statement = format!(
        "UPDATE idempotency_keys SET created_at = created_at - {micros} WHERE key = '{text}'"
    );
    db.run(|c| c.batch_execute(&statement).unwrap());
}

#[rstest]
#[actix_rt::test]
async fn a_repetition_gives_the_task_as_it_was_made_whatever_became_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let first = create(&store, "a", "k").await;
    let Created::Task(task) = &first else { panic!("{first:?}") };
    assert_eq!(all(&store, &alice()).await, std::slice::from_ref(task));
    done(store.update(&alice(), task.id, &renamed("b"), &ANY).await);
    assert_eq!(create(&store, "a", "k").await, first);
    assert_eq!(create(&store, "b", "k").await, Created::KeyReused);
    let his = store.create_once(&mallory(), &NewTask::for_tests("b"), &key("k")).await;
    assert_eq!(made(his).user_id, "mallory", "keys are the owner's own");
    done(store.delete(&alice(), task.id, &ANY).await);
    assert_eq!(create(&store, "a", "k").await, first);
    assert_eq!(all(&store, &alice()).await, []);
}

#[rstest]
#[actix_rt::test]
async fn of_equal_requests_at_once_one_makes_a_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let outcomes = join_all((0..16).map(|_| create(&store, "a", "k"))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    assert_eq!(all(&store, &alice()).await.len(), 1);
}

#[rstest]
#[actix_rt::test]
async fn at_the_limit_a_repetition_is_still_answered_and_a_new_key_is_not_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db).limited_to(1);
    let first = create(&store, "a", "k").await;
    assert_eq!(create(&store, "a", "k").await, first);
    assert_eq!(create(&store, "b", "k").await, Created::KeyReused);
    assert_eq!(create(&store, "b", "new").await, Created::LimitReached);
    let Created::Task(task) = first else { panic!("{first:?}") };
    done(store.delete(&alice(), task.id, &ANY).await);
    assert!(matches!(create(&store, "b", "new").await, Created::Task(_)));
}

#[rstest]
#[actix_rt::test]
async fn a_key_is_forgotten_after_thirty_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let (old, young) = (create(&store, "a", "old").await, create(&store, "a", "young").await);
    set_back(&db, "old", 30 * 24);
    set_back(&db, "young", 30 * 24 - 1);
    let id = |created: &Created| match created {
        Created::Task(task) => task.id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id(&create(&store, "a", "young").await), id(&young));
    create(&store, "a", "new").await;
    assert_ne!(id(&create(&store, "a", "old").await), id(&old), "it stands for a new request");
    set_back(&db, "old", 30 * 24);
    set_back(&db, "young", 30 * 24);
    let handle = Db::connect(&DbSettings::of(db.url.clone())).unwrap();
    assert_eq!(purge_idempotency_keys(&handle).await.unwrap(), 2);
}

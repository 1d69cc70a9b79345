//! Accounts that take several steps to clear or to erase: what is interrupted is exact at each step, and the same
//! request again finishes it.

use diesel::connection::SimpleConnection;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use rstest::rstest;

use super::*;
use crate::db::schema::{idempotency_keys, owners, tasks};
use crate::db::{DbConnection, on_either};
use crate::tasks::feed::Since;

const TASKS: i64 = 3_500;

/// Alice with so many tasks and keys, every second task completed.
fn big(backend: Backend) -> TestDb {
    let db = TestDb::new(backend);
    let numbers = format!(
        "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TASKS}) SELECT i FROM n) AS n"
    );
    let statements = format!(
        "INSERT INTO owners (user_id, seq, last_id, tasks, epoch) VALUES ('alice', {TASKS}, {TASKS}, {TASKS}, 1); \
         INSERT INTO tasks (user_id, id, seq, title, completed, priority, tags, created_at, updated_at) \
         SELECT 'alice', i, i, 'Task', i % 2 = 0, 1, '[]', i, i FROM {numbers}; \
         INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, task_seq, created_at) \
         SELECT 'alice', 'key' || i, '{}', i, i, i FROM {numbers};",
        "0".repeat(64)
    );
    db.run(|c| c.batch_execute(&statements).unwrap());
    db
}

/// Tasks, keys, and how many tasks the owner's row says there are, if there is one.
fn left(db: &TestDb) -> (i64, i64, Option<i64>) {
    db.run(|c| {
        on_either!(c, c => {
            let counted: Vec<i64> = owners::table.select(owners::tasks)
                .filter(owners::user_id.eq("alice")).load(c).unwrap();
            (
                tasks::table.count().get_result(c).unwrap(),
                idempotency_keys::table.count().get_result(c).unwrap(),
                counted.first().copied(),
            )
        })
    })
}

/// Lets the deletion of this task fail, or lets it be again.
fn keep(db: &TestDb, id: i64, is_kept: bool) {
    db.run(|c| {
        let statement = match (&*c, is_kept) {
            (DbConnection::Sqlite(_), true) => format!(
                "CREATE TRIGGER keep BEFORE DELETE ON tasks WHEN OLD.id = {id} \
                 BEGIN SELECT RAISE(ABORT, 'kept'); END"
            ),
            (DbConnection::Sqlite(_), false) => "DROP TRIGGER keep".to_owned(),
            (DbConnection::Postgres(_), true) => format!(
                "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept'; END $$; \
                 CREATE TRIGGER keep BEFORE DELETE ON tasks FOR EACH ROW WHEN (OLD.id = {id}) \
                 EXECUTE FUNCTION keep()"
            ),
            (DbConnection::Postgres(_), false) => "DROP TRIGGER keep ON tasks".to_owned(),
        };
        c.batch_execute(&statement).unwrap();
    });
}

#[rstest]
#[actix_rt::test]
async fn a_clearing_goes_step_by_step_and_the_same_again_finishes_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = big(backend);
    let store = TaskStore::for_tests(&db);
    keep(&db, 2_500, true);
    store.delete_completed(&alice()).await.unwrap_err();
    assert_eq!(left(&db), (TASKS - 1_000, TASKS, Some(TASKS - 1_000)), "two steps were done");
    keep(&db, 2_500, false);
    assert_eq!(store.delete_completed(&alice()).await.unwrap(), 750);
    assert_eq!(left(&db), (TASKS / 2, TASKS, Some(TASKS / 2)));
    assert_eq!(store.delete_completed(&alice()).await.unwrap(), 0);
}

#[rstest]
#[actix_rt::test]
async fn an_erasure_goes_step_by_step_and_the_same_again_finishes_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = big(backend);
    let store = TaskStore::for_tests(&db);
    let theirs = add(&store, &mallory(), "x").await;
    keep(&db, 2_500, true);
    store.erase(&alice()).await.unwrap_err();
    assert_eq!(left(&db), (TASKS - 2_000 + 1, TASKS - 2_000, Some(TASKS - 2_000)));
    keep(&db, 2_500, false);
    assert!(!store.is_erased(&alice()).await.unwrap());
    store.erase(&alice()).await.unwrap();
    assert_eq!(left(&db), (1, 0, Some(0)));
    assert!(store.is_erased(&alice()).await.unwrap());
    assert!(!store.is_erased(&mallory()).await.unwrap());
    let refused = store.create(&alice(), NewTask::for_tests("late")).await;
    assert_eq!(refused.unwrap(), Created::LimitReached);
    assert_eq!(all(&store, &mallory()).await, [theirs]);
}

/// Other writes of the owner come between the steps, and none is lost from the count.
#[rstest]
#[actix_rt::test]
async fn what_is_made_meanwhile_is_counted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = big(backend);
    let (store, owner) = (TaskStore::for_tests(&db), alice());
    let create = async {
        for _ in 0..20 {
            add(&store, &owner, "new").await;
        }
    };
    let (cleared, ()) = futures_util::future::join(store.delete_completed(&owner), create).await;
    assert_eq!(cleared.unwrap(), 1_750);
    let tasks = TASKS / 2 + 20;
    assert_eq!(left(&db), (tasks, TASKS, Some(tasks)));
}

/// What was erased leaves no marks, so a client that follows the changes must not go on as if nothing had happened.
#[rstest]
#[actix_rt::test]
async fn who_follows_an_account_that_is_half_erased_reads_everything_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = big(backend);
    let store = TaskStore::for_tests(&db);
    let mut since = Since::default();
    while store.state(&alice()).await.unwrap().seq > since.seq {
        since = store.changes(&alice(), since, 5_000).await.unwrap().unwrap().next;
    }
    keep(&db, 2_500, true);
    store.erase(&alice()).await.unwrap_err();
    assert_eq!(store.changes(&alice(), since, 100).await.unwrap(), None);
    let anew = store.changes(&alice(), Since::default(), 5_000).await.unwrap().unwrap();
    assert_eq!(anew.changed.len(), 1_500);
}

#[rstest]
#[actix_rt::test]
async fn a_big_trash_is_erased_in_steps_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = big(backend);
    let store = TaskStore::for_tests(&db);
    assert_eq!(store.delete_completed(&alice()).await.unwrap(), 1_750);
    assert_eq!(store.trash(&alice(), i64::MAX, 5_000).await.unwrap().len(), 1_750);
    store.erase(&alice()).await.unwrap();
    assert_eq!(left(&db), (0, 0, Some(0)));
    assert_eq!(store.trash(&alice(), i64::MAX, 1).await.unwrap(), []);
}

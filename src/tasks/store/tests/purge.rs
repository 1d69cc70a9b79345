//! What time removes from the trash, and what the feed says to a client that was away for longer.

use diesel::connection::SimpleConnection;
use rstest::rstest;

use super::*;
use crate::tasks::feed::Since;
use crate::tasks::store::{purge_idempotency_keys, purge_trash};

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Moves all deletions of a user this many days into the past.
fn age(db: &TestDb, owner: &OwnerId, days: i64) {
    let user = owner.as_str();
    let statement = format!(
        "UPDATE deleted_tasks SET deleted_at = deleted_at - {} WHERE user_id = '{user}'",
        days * DAY_MICROS
    );
    db.run(|connection| connection.batch_execute(&statement).unwrap());
}

async fn token(store: &TaskStore, owner: &OwnerId) -> Since {
    store.changes(owner, Since::default(), 100).await.unwrap().unwrap().next
}

#[rstest]
#[actix_rt::test]
async fn content_goes_first_and_the_mark_when_no_token_needs_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let handle = Db::connect(&DbSettings::of(db.url.clone())).unwrap();
    let rules = TaskRules { trash_days: 7, ..store.rules };
    let purge = async || purge_trash(&handle, rules).await.unwrap();
    let (a, b) = (add(&store, &alice(), "a").await, add(&store, &alice(), "b").await);
    let before = token(&store, &alice()).await;
    done(store.delete(&alice(), a.id, &ANY).await);
    let between = token(&store, &alice()).await;
    let his = add(&store, &mallory(), "x").await;
    done(store.delete(&mallory(), his.id, &ANY).await);

    assert_eq!(purge().await, 0, "nothing has expired");
    age(&db, &alice(), 8);
    assert_eq!(purge().await, 1);
    assert_eq!(store.trash(&alice(), i64::MAX, 10).await.unwrap(), []);
    assert_eq!(store.trash(&mallory(), i64::MAX, 10).await.unwrap().len(), 1);
    let page = store.changes(&alice(), before, 10).await.unwrap().unwrap();
    assert_eq!(ids(&page), [a.id], "the mark is still there");

    age(&db, &alice(), 30);
    done(store.delete(&alice(), b.id, &ANY).await);
    assert_eq!(purge().await, 0);
    assert_eq!(store.changes(&alice(), before, 10).await.unwrap(), None, "read everything again");
    let page = store.changes(&alice(), between, 10).await.unwrap().unwrap();
    assert_eq!(ids(&page), [b.id], "it has seen the deletion that is forgotten");
    let all = store.changes(&alice(), Since::default(), 10).await.unwrap().unwrap();
    assert_eq!((ids(&all), all.changed), (vec![], vec![]));
    assert_eq!(store.changes(&alice(), all.next, 10).await.unwrap().map(|p| p.more), Some(false));
}

#[rstest]
#[actix_rt::test]
async fn any_number_is_forgotten_step_by_step(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const ROWS: usize = 1_234;
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let task = add(&store, &alice(), "a").await;
    let fill = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
         INSERT INTO deleted_tasks SELECT 'alice', i, 1 + i, 0, 'Task', NULL, FALSE, 1, '[]', NULL, 1, 1 FROM n; \
         UPDATE owners SET seq = {}",
        ROWS + 1
    );
    db.run(|connection| connection.batch_execute(&fill).unwrap());
    let handle = Db::connect(&DbSettings::of(db.url.clone())).unwrap();
    assert_eq!(purge_trash(&handle, store.rules).await.unwrap(), ROWS);
    assert_eq!(purge_trash(&handle, store.rules).await.unwrap(), 0);
    let state = store.state(&alice()).await.unwrap();
    assert_eq!(state.purged_seq, i64::try_from(ROWS + 1).unwrap());
    assert_eq!(all(&store, &alice()).await, [task]);
}

/// Fails a statement that deletes more keys than a step may. SQLite has nothing like it, and the same statement.
const IN_STEPS: &str = "CREATE FUNCTION check_step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     IF (SELECT count(*) FROM gone) > 500 THEN RAISE EXCEPTION 'too many at once'; END IF; RETURN NULL; END $$; \
     CREATE TRIGGER in_steps AFTER DELETE ON idempotency_keys REFERENCING OLD TABLE AS gone \
     FOR EACH STATEMENT EXECUTE FUNCTION check_step()";

#[rstest]
#[actix_rt::test]
async fn any_number_of_keys_is_forgotten_step_by_step(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const KEYS: usize = 1_234;
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    for owner in [alice(), mallory()] {
        add(&store, &owner, "a").await;
        let user = owner.as_str();
        let fill = format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {KEYS}) \
             INSERT INTO idempotency_keys SELECT '{user}', 'key' || i, '{}', i + 1, i + 1, \
             CASE WHEN i = 0 THEN {} ELSE i END, NULL FROM n",
            "0".repeat(64),
            Timestamp::now().micros(),
        );
        db.run(|connection| connection.batch_execute(&fill).unwrap());
    }
    if matches!(backend, Backend::Postgres) {
        db.run(|connection| connection.batch_execute(IN_STEPS).unwrap());
    }
    let handle = Db::connect(&DbSettings::of(db.url.clone())).unwrap();
    assert_eq!(purge_idempotency_keys(&handle).await.unwrap(), 2 * KEYS);
    assert_eq!(purge_idempotency_keys(&handle).await.unwrap(), 0);
}

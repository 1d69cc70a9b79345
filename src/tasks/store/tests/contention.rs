//! Many writers of one owner and of several: numbers, ids and counts stay exact. Each worker has a store of its
//! own, as in the server, and on PostgreSQL writes that meet share a statement.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use futures_util::future::join_all;
use rstest::rstest;

use super::*;

const WORKERS: usize = 4;

/// Runs `work` in so many workers at once, and gives what they have given.
fn at_once<T: Send + 'static, F: Future<Output = T>>(
    db: &Arc<TestDb>,
    work: impl Fn(TaskStore, usize) -> F + Clone + Send + 'static,
) -> Vec<T> {
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (db, work) = (Arc::clone(db), work.clone());
            thread::spawn(move || {
                actix_rt::System::new().block_on(async move {
                    let store = TaskStore::for_tests(&db);
                    // The worker's own connections are there after the first request.
                    let _ =
                        store.complete(&mallory(), TaskId::parse("1").unwrap(), None, &ANY).await;
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    work(store, worker).await
                })
            })
        })
        .collect();
    workers.into_iter().map(|worker| worker.join().unwrap()).collect()
}

fn owner(number: usize) -> OwnerId {
    OwnerId::for_tests(["alice", "bob", "carol"][number % 3])
}

#[rstest]
fn new_tasks_of_the_same_owners_get_numbers_and_ids_of_their_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const EACH: usize = 60;
    let db = Arc::new(TestDb::new(backend));
    let made: Vec<Task> = at_once(&db, async |store, worker| {
        let creations = (0..EACH).map(|number| {
            let (store, title) = (&store, format!("{worker}-{number}"));
            async move {
                let task = add(store, &owner(number), &title).await;
                assert_eq!((task.user_id.as_str(), &task.title), (owner(number).as_str(), &title));
                task
            }
        });
        join_all(creations).await
    })
    .into_iter()
    .flatten()
    .collect();
    actix_rt::System::new().block_on(async {
        let store = TaskStore::for_tests(&db);
        for user in (0..3).map(owner) {
            let mut answered: Vec<&Task> =
                made.iter().filter(|task| task.user_id == user.as_str()).collect();
            answered.sort_by_key(|task| std::cmp::Reverse(task.id));
            let stored = all(&store, &user).await;
            assert_eq!(answered, stored.iter().collect::<Vec<_>>());
            let seqs: Vec<i64> = stored.iter().rev().map(|task| task.seq).collect();
            let expected: Vec<i64> = (1..=i64::try_from(seqs.len()).unwrap()).collect();
            assert_eq!(seqs, expected, "in the order of the ids, without a gap");
        }
    });
}

#[rstest]
fn the_limit_is_never_passed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let db = Arc::new(TestDb::new(backend));
    let outcomes: Vec<Created> = at_once(&db, async |store, _| {
        let store = store.limited_to(50);
        let owner = alice();
        let create = || store.create(&owner, NewTask::for_tests("x"));
        join_all((0..30).map(|_| create()))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    let made = outcomes.iter().filter(|outcome| matches!(outcome, Created::Task(_))).count();
    let refused = outcomes.iter().filter(|outcome| **outcome == Created::LimitReached).count();
    assert_eq!((made, refused), (50, 70));
    let store = async { all(&TaskStore::for_tests(&db), &alice()).await.len() };
    assert_eq!(actix_rt::System::new().block_on(store), 50);
}

#[rstest]
fn concurrent_flips_lose_none(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    const FLIPS: usize = 50;
    let db = Arc::new(TestDb::new(backend));
    let task = actix_rt::System::new()
        .block_on(async { add(&TaskStore::for_tests(&db), &alice(), "contended").await });
    let seqs: Vec<i64> = at_once(&db, move |store, _| async move {
        let owner = alice();
        let flip = || store.complete(&owner, task.id, None, &ANY);
        let flips = join_all((0..FLIPS).map(|_| flip())).await;
        flips.into_iter().map(|flip| done(flip).seq).collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    let different: BTreeSet<i64> = seqs.iter().copied().collect();
    assert_eq!(different.len(), WORKERS * FLIPS, "every flip has a number of its own");
    let after = actix_rt::System::new().block_on(async {
        TaskStore::for_tests(&db).find(&alice(), task.id).await.unwrap().unwrap()
    });
    assert_eq!(Some(&after.seq), different.last());
    assert!(!after.completed, "an even number of flips");
}

/// Whichever wins: a task that is gone was counted once.
#[rstest]
fn deletions_changes_and_clearings_at_once_leave_an_exact_count(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = Arc::new(TestDb::new(backend));
    let ids: Vec<TaskId> = actix_rt::System::new().block_on(async {
        let store = TaskStore::for_tests(&db);
        let mut ids = Vec::new();
        for _ in 0..40 {
            ids.push(add(&store, &alice(), "x").await.id);
        }
        ids
    });
    let deleted: usize = at_once(&db, move |store, worker| {
        let ids = ids.clone();
        async move {
            let mut deleted = 0;
            for (index, id) in ids.into_iter().enumerate() {
                match (index + worker) % 4 {
                    0 => {
                        let outcome = store.delete(&alice(), id, &ANY).await.unwrap();
                        deleted += usize::from(outcome == Written::Done(()));
                    }
                    1 => drop(store.complete(&alice(), id, Some(true), &ANY).await.unwrap()),
                    2 => drop(store.update(&alice(), id, &renamed("y"), &ANY).await.unwrap()),
                    _ => deleted += store.delete_completed(&alice()).await.unwrap(),
                }
            }
            deleted
        }
    })
    .into_iter()
    .sum();
    let left = async { all(&TaskStore::for_tests(&db), &alice()).await.len() };
    assert_eq!(actix_rt::System::new().block_on(left), 40 - deleted);
}

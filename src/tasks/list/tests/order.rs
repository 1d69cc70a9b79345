//! Every order is the same on both databases, and pages put together are the whole list.

use std::cmp::Ordering;

use rstest::rstest;

use super::*;
use crate::db::testing::Backend;

/// What the contract says, in plain Rust.
fn compare(a: &Task, b: &Task, sort: Sort) -> Ordering {
    let directed = |ordering: Ordering| match sort.direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    };
    let key = match sort.key {
        SortKey::CreatedAt => directed(a.id.cmp(&b.id)),
        SortKey::UpdatedAt => directed(a.updated_at.cmp(&b.updated_at)),
        SortKey::Title => directed(a.title.as_bytes().cmp(b.title.as_bytes())),
        SortKey::Priority => directed(a.priority.cmp(&b.priority)),
        SortKey::DueDate => match (a.due_date, b.due_date) {
            (Some(a), Some(b)) => directed(a.cmp(&b)),
            (a, b) => a.is_none().cmp(&b.is_none()),
        },
    };
    key.then_with(|| directed(a.id.cmp(&b.id)))
}

#[rstest]
#[actix_rt::test]
async fn every_order_is_the_one_of_the_contract(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    assert_orders(&TestDb::new(backend)).await;
}

/// Whatever order the database has of its own: in that of English, `a` comes before `B`.
#[actix_rt::test]
async fn the_order_is_no_matter_of_the_database_s_language() {
    let db = TestDb::in_the_order_of_english();
    assert_orders(&db).await;
    assert_pages(&TestDb::in_the_order_of_english(), 7, None).await;
}

async fn assert_orders(db: &TestDb) {
    let store = TaskStore::for_tests(db);
    let stored = stored_tasks(db, &store, 120).await;
    assert_eq!(stored.len(), 120, "and none of the other user's");
    for sort in every_sort() {
        let mut expected = stored.clone();
        expected.sort_by(|a, b| compare(a, b, sort));
        assert_eq!(every(&store, sort).await, expected, "{sort:?}");
    }
}

#[rstest]
#[actix_rt::test]
async fn pages_put_together_are_the_whole_list(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(1, 7, 60)] limit: i64,
    #[values(None, Some("i"))] search: Option<&str>,
) {
    assert_pages(&TestDb::new(backend), limit, search).await;
}

async fn assert_pages(db: &TestDb, limit: i64, search: Option<&str>) {
    let store = TaskStore::for_tests(db);
    stored_tasks(db, &store, 60).await;
    let filter = TaskFilter { search: search.map(str::to_owned), ..TaskFilter::default() };
    for sort in every_sort() {
        let whole = store.list(&alice(), &params(sort, filter.clone(), ALL)).await.unwrap();
        assert!(whole.tasks.len() > 20 && whole.next.is_none());
        let (mut walked, mut asked) = (Vec::new(), params(sort, filter.clone(), limit));
        loop {
            let page = store.list(&alice(), &asked).await.unwrap();
            assert!(!page.tasks.is_empty() && page.tasks.len() <= usize::try_from(limit).unwrap());
            walked.extend(page.tasks);
            let Some(next) = page.next else { break };
            asked.after = Some(next);
        }
        assert_eq!(walked, whole.tasks, "{sort:?}");
    }
}

/// Creation order is the order of the ids, whatever a clock said.
#[rstest]
#[actix_rt::test]
async fn a_clock_that_was_set_back_does_not_change_the_order(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let stored = stored_tasks(&db, &store, 10).await;
    db.run(|c| c.batch_execute("UPDATE tasks SET created_at = -id").unwrap());
    let ids = |tasks: &[Task]| tasks.iter().map(|task| task.id).collect::<Vec<_>>();
    assert_eq!(ids(&every(&store, Sort::DEFAULT).await), ids(&stored));
}

//! Every order is the same on both databases, and pages put together are the whole list.

use std::cmp::Ordering;

use rstest::rstest;

use super::*;
use crate::db::testing::Backend;
use crate::tasks::list::position::Position;

/// What the contract says, in plain Rust.
fn compare(a: &Task, b: &Task, sort: Sort) -> Ordering {
    let directed = |ordering: Ordering| match sort.direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    };
    let key = match sort.key {
        SortKey::CreatedAt => directed(a.created_at.cmp(&b.created_at)),
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

fn page(db: &TestDb, sort: Sort, after: Option<&Position>, limit: i64) -> Vec<Task> {
    let filter = TaskFilter::default();
    db.run(|c| statement::page(c, &alice(), &filter, sort, after, limit)).unwrap()
}

#[rstest]
fn every_order_is_the_one_of_the_contract(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let stored = stored_tasks(&db, 120);
    assert_eq!(stored.len(), 120, "and none of the other user's");
    for sort in every_sort() {
        let mut expected = stored.clone();
        expected.sort_by(|a, b| compare(a, b, sort));
        assert_eq!(page(&db, sort, None, ALL), expected, "{sort:?}");
    }
}

#[rstest]
fn pages_put_together_are_the_whole_list(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(1, 7, 60)] limit: usize,
) {
    let db = TestDb::new(backend);
    stored_tasks(&db, 60);
    for sort in every_sort() {
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let next = page(&db, sort, after.as_ref(), i64::try_from(limit).unwrap());
            let Some(last) = next.last() else { break };
            assert!(next.len() <= limit);
            after = Some(Position::of(last, sort.key));
            walked.extend(next);
        }
        assert_eq!(walked, page(&db, sort, None, ALL), "{sort:?}");
    }
}

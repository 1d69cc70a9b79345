//! What a page shows, and where the next one begins.

use rstest::rstest;

use super::*;
use crate::db::testing::Backend;
use crate::tasks::list::page::Page;
use crate::tasks::list::position::Position;
use crate::tasks::task::owner_state::OwnerState;

async fn read(store: &TaskStore, user: &str, query: &str) -> Page {
    let params = ListParams::parse(query, user).unwrap();
    store.list(&OwnerId::for_tests(user), &params).await.unwrap()
}

#[rstest]
#[actix_rt::test]
async fn the_newest_tasks_are_shown_and_where_the_next_page_begins(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let stored = stored_tasks(&db, &store, 25).await;
    for limit in [1, 10, 24, 25, 26, 200] {
        let page = read(&store, "alice", &format!("limit={limit}")).await;
        let shown = &stored[..limit.min(25)];
        let key = Sort::DEFAULT.key;
        let state = store.state(&OwnerId::for_tests("alice")).await.unwrap();
        assert_eq!(state.seq, 25);
        let next = shown.last().filter(|_| limit < 25).map(|last| Position::of(last, key));
        let expected = Page { tasks: shown.to_vec(), next, total: None, state };
        assert_eq!(page, expected, "{limit}");
    }
    let state = OwnerState::default();
    let nothing = Page { tasks: Vec::new(), next: None, total: None, state };
    assert_eq!(read(&store, "nobody", "limit=10").await, nothing);
}

#[rstest]
#[actix_rt::test]
async fn the_number_of_all_tasks_is_told_where_it_is_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let stored = stored_tasks(&db, &store, 5).await;
    let page = read(&store, "alice", "limit=2&include_total=true").await;
    assert_eq!((page.tasks.as_slice(), page.total), (&stored[..2], Some(5)));
    assert_eq!(read(&store, "nobody", "include_total=true").await.total, Some(0));
}

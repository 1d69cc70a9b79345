//! What a page shows, whichever way it was read.

use rstest::rstest;

use super::*;
use crate::db::testing::Backend;
use crate::tasks::dto::TaskResponse;
use crate::tasks::list::page::Page;
use crate::tasks::list::params::ListParams;
use crate::tasks::list::position::Position;

fn read(db: &TestDb, user: &str, query: &str) -> Page {
    let params = ListParams::parse(query, user).unwrap();
    db.run(|c| Page::read(c, &OwnerId::for_tests(user), &params)).unwrap()
}

fn body(tasks: &[Task]) -> String {
    let tasks: Vec<TaskResponse<'_>> = tasks.iter().map(TaskResponse::from).collect();
    serde_json::to_string(&tasks).unwrap()
}

#[rstest]
fn the_newest_tasks_are_shown_and_where_the_next_page_begins(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let stored = stored_tasks(&db, 25);
    for limit in [1, 10, 24, 25, 26, 200] {
        let page = read(&db, "alice", &format!("limit={limit}"));
        let shown = &stored[..limit.min(25)];
        let key = Sort::DEFAULT.key;
        let next = shown.last().filter(|_| limit < 25).map(|last| Position::of(last, key));
        assert_eq!(String::from_utf8(page.body).unwrap(), body(shown), "{limit}");
        assert_eq!((page.next, page.total), (next, None), "{limit}");
    }
    let nothing = Page { body: b"[]".to_vec(), next: None, total: None };
    assert_eq!(read(&db, "nobody", "limit=10"), nothing);
}

#[rstest]
fn the_number_of_all_tasks_is_told_where_it_is_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let stored = stored_tasks(&db, 5);
    let page = read(&db, "alice", "limit=2&include_total=true");
    assert_eq!(String::from_utf8(page.body).unwrap(), body(&stored[..2]));
    assert_eq!(page.total, Some(5));
}

//! The trash and the feed of changes, on both databases.

use rstest::rstest;

use super::*;
use crate::tasks::feed::{Changes, Since};

/// Everything since a place, in pages of this size.
async fn follow(store: &TaskStore, owner: &OwnerId, mut since: Since, limit: i64) -> Vec<Changes> {
    let mut pages = Vec::new();
    loop {
        let page = store.changes(owner, since, limit).await.unwrap().unwrap();
        since = page.next;
        let more = page.more;
        pages.push(page);
        if !more {
            return pages;
        }
    }
}

async fn end(store: &TaskStore, owner: &OwnerId) -> Since {
    follow(store, owner, Since::default(), 100).await.last().unwrap().next
}

#[rstest]
#[actix_rt::test]
async fn a_page_ends_where_it_is_full_and_the_next_goes_on_there(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(1, 2, 3, 100)] limit: i64,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let nothing = end(&store, &alice()).await;
    let [a, b, c] = ["a", "b", "c"].map(|title| (title, alice()));
    let a = add(&store, &a.1, a.0).await;
    let b = add(&store, &b.1, b.0).await;
    let c = add(&store, &c.1, c.0).await;
    add(&store, &mallory(), "x").await;
    done(store.delete(&alice(), b.id, &ANY).await);
    let a = done(store.complete(&alice(), a.id, None, &ANY).await);
    done(store.delete(&mallory(), a.id, &ANY).await.map(|_| Written::Done(())));
    for (since, deleted) in [(nothing, vec![]), (Since::default(), vec![])] {
        let pages = follow(&store, &alice(), since, limit).await;
        let changed: Vec<Task> = pages.iter().flat_map(|page| page.changed.clone()).collect();
        assert_eq!(changed, [c.clone(), a.clone()]);
        let gone: Vec<TaskId> = pages.iter().flat_map(ids).collect();
        assert_eq!(gone, deleted, "deleted before the first page: never heard of");
        let size = |page: &Changes| page.changed.len() + page.deleted.len();
        let limit = usize::try_from(limit).unwrap();
        assert!(pages.iter().all(|page| size(page) <= limit && page.more == (size(page) > limit)
            || size(page) == limit
            || !page.more));
    }
    let known = end(&store, &alice()).await;
    assert_eq!(store.changes(&alice(), known, 1).await.unwrap(), Some(Changes::none(known)));
    done(store.delete(&alice(), c.id, &ANY).await);
    let page = store.changes(&alice(), known, 1).await.unwrap().unwrap();
    assert_eq!((ids(&page), page.changed, page.more), (vec![c.id], vec![], false));
}

#[rstest]
#[actix_rt::test]
async fn what_is_restored_is_a_change(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db).limited_to(2);
    let task = add(&store, &alice(), "a").await;
    done(store.delete(&alice(), task.id, &ANY).await);
    let known = end(&store, &alice()).await;
    let missing = TaskId::parse("7").unwrap();
    for (owner, id) in [(alice(), missing), (mallory(), task.id)] {
        let restored = store.restore(&owner, id, &ANY).await.unwrap();
        assert_eq!(restored, Restored::Written(Written::Absent));
    }
    let restored = store.restore(&alice(), task.id, &OneOf(vec![task.seq])).await.unwrap();
    let stale = Written::Stale(EntityTag::of_seq(task.seq + 1));
    assert_eq!(restored, Restored::Written(stale));
    add(&store, &alice(), "b").await;
    let c = add(&store, &alice(), "c").await;
    let full = store.restore(&alice(), task.id, &ANY).await.unwrap();
    assert_eq!(full, Restored::LimitReached);
    done(store.delete(&alice(), c.id, &ANY).await);
    store.restore(&alice(), task.id, &ANY).await.unwrap();
    let page = store.changes(&alice(), known, 100).await.unwrap().unwrap();
    assert_eq!(page.changed.iter().map(|t| t.title.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(ids(&page), [c.id]);
    let again = store.restore(&alice(), task.id, &ANY).await.unwrap();
    assert_eq!(again, Restored::Written(Written::Absent), "it is there already");
    let one_more = store.create(&alice(), NewTask::for_tests("d")).await.unwrap();
    assert_eq!(one_more, Created::LimitReached, "the restored task counts");
}

#[rstest]
#[actix_rt::test]
async fn what_is_cleared_goes_to_the_trash_each_with_a_number(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let mut cleared = Vec::new();
    for title in ["a", "b", "c"] {
        let task = add(&store, &alice(), title).await;
        cleared.push(done(store.complete(&alice(), task.id, Some(true), &ANY).await).id);
    }
    add(&store, &alice(), "stays").await;
    let known = end(&store, &alice()).await;
    assert_eq!(store.delete_completed(&alice()).await.unwrap(), 3);
    let pages = follow(&store, &alice(), known, 1).await;
    assert_eq!(pages.iter().flat_map(ids).collect::<Vec<_>>(), cleared);
    assert_eq!(pages.len(), 3);
    let trash = store.trash(&alice(), i64::MAX, 10).await.unwrap();
    assert_eq!(trash.iter().map(|(t, _)| t.id).rev().collect::<Vec<_>>(), cleared);
    assert_eq!(store.trash(&alice(), trash[0].0.seq, 1).await.unwrap(), trash[1..2]);
    assert_eq!(store.empty_trash(&alice()).await.unwrap(), 3);
    assert_eq!(store.trash(&alice(), i64::MAX, 10).await.unwrap(), []);
    let pages = follow(&store, &alice(), known, 1).await;
    assert_eq!(pages.iter().flat_map(ids).collect::<Vec<_>>(), cleared);
}

#[rstest]
#[actix_rt::test]
async fn without_a_trash_only_the_mark_is_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = TaskStore::for_tests(&db);
    let kept = add(&store, &alice(), "kept").await;
    done(store.delete(&alice(), kept.id, &ANY).await);
    let rules = TaskRules { trash_days: 0, ..store.rules };
    let store = TaskStore { rules, ..store };
    let task = add(&store, &alice(), "a").await;
    let known = end(&store, &alice()).await;
    done(store.delete(&alice(), task.id, &ANY).await);
    let page = store.changes(&alice(), known, 10).await.unwrap().unwrap();
    assert_eq!(ids(&page), [task.id]);
    let ids = store.trash(&alice(), i64::MAX, 10).await.unwrap();
    assert_eq!(ids.iter().map(|(t, _)| t.id).collect::<Vec<_>>(), [kept.id], "and no other");
    let restored = store.restore(&alice(), task.id, &ANY).await.unwrap();
    assert_eq!(restored, Restored::Written(Written::Absent));
}

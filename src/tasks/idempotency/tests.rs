//! The statements on keys, on a real SQLite file and a real PostgreSQL.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use rstest::rstest;

use super::key::IdempotencyKey;
use super::repository::{erase, insert, insert_as, purge};
use crate::auth::OwnerId;
use crate::db::schema::idempotency_keys;
use crate::db::testing::{Backend, TestDb};
use crate::db::{DbConnection, DbError};
use crate::tasks::bulk;
use crate::tasks::id::TaskId;
use crate::tasks::model::{NewTask, Task};
use crate::tasks::priority::Priority;
use crate::tasks::tags::Tags;

const HOUR: i64 = 60 * 60 * 1_000_000;

fn owner(name: &str) -> OwnerId {
    OwnerId::for_tests(name)
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text.as_bytes()).unwrap()
}

fn titled(title: &str) -> NewTask {
    NewTask {
        title: title.to_owned(),
        description: Some("why".to_owned()),
        completed: true,
        priority: Priority::High,
        tags: Tags::from_checked(&["b", "a"]),
        due_date: crate::db::Timestamp::parse("2026-11-21"),
    }
}

fn tasks(connection: &mut DbConnection, user: &str) -> Vec<Task> {
    bulk::batch(connection, &owner(user), None, 100).unwrap()
}

fn set_back(connection: &mut DbConnection, text: &str, micros: i64) {
    diesel::update(idempotency_keys::table)
        .filter(idempotency_keys::key.eq(text))
        .set(idempotency_keys::created_at.eq(idempotency_keys::created_at - micros))
        .execute(connection)
        .unwrap();
}

fn keys(connection: &mut DbConnection) -> Vec<(String, String)> {
    idempotency_keys::table
        .select((idempotency_keys::user_id, idempotency_keys::key))
        .order((idempotency_keys::user_id, idempotency_keys::key))
        .load(connection)
        .unwrap()
}

#[rstest]
fn a_repetition_gives_the_row_that_was_stored_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    TestDb::new(backend).run(|c| {
        let first = insert(c, &owner("alice"), &titled("a"), &key("k")).unwrap().unwrap();
        assert_eq!(tasks(c, "alice").first(), Some(&first), "the row as it is stored");
        let again = insert(c, &owner("alice"), &titled("a"), &key("k")).unwrap();
        assert_eq!(again, Some(first.clone()));
        assert_eq!(insert(c, &owner("alice"), &titled("b"), &key("k")).unwrap(), None);
        assert_eq!(tasks(c, "alice"), [first]);
    });
}

#[rstest]
fn a_taken_task_id_is_no_taken_key(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    TestDb::new(backend).run(|c| {
        let taken = insert(c, &owner("alice"), &titled("a"), &key("k1")).unwrap().unwrap().id;
        let mut ids = vec![TaskId::mint(), taken, taken];
        let free = ids[0];
        let made = insert_as(c, &owner("alice"), &titled("b"), &key("k2"), || ids.pop().unwrap());
        assert_eq!(made.unwrap().map(|task| task.id), Some(free));
        assert_eq!(tasks(c, "alice").len(), 2);

        let never = insert_as(c, &owner("alice"), &titled("c"), &key("k3"), || taken);
        assert!(matches!(never, Err(DbError::Unavailable(_))), "{never:?}");
        assert_eq!((tasks(c, "alice").len(), keys(c).len()), (2, 2), "no key without a task");
        let other = insert_as(c, &owner("bob"), &titled("c"), &key("k3"), || taken);
        assert_eq!(other.unwrap().map(|task| task.id), Some(taken), "ids are the owner's own");
    });
}

#[rstest]
fn a_keyed_request_forgets_the_owners_expired_keys_and_the_purge_everybodys(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    TestDb::new(backend).run(|c| {
        for (user, text) in [("alice", "old"), ("alice", "young"), ("bob", "old"), ("bob", "young")]
        {
            insert(c, &owner(user), &titled("a"), &key(text)).unwrap().unwrap();
        }
        set_back(c, "old", 24 * HOUR);
        set_back(c, "young", 23 * HOUR);
        let pair = |user: &str, key: &str| (user.to_owned(), key.to_owned());
        insert(c, &owner("alice"), &titled("a"), &key("new")).unwrap().unwrap();
        let left = [
            pair("alice", "new"),
            pair("alice", "young"),
            pair("bob", "old"),
            pair("bob", "young"),
        ];
        assert_eq!(keys(c), left);
        assert_eq!(purge(c).unwrap(), 1);
        assert_eq!(keys(c), [pair("alice", "new"), pair("alice", "young"), pair("bob", "young")]);
        assert_eq!(purge(c).unwrap(), 0);
        assert_eq!(erase(c, &owner("alice")).unwrap(), 2);
        assert_eq!(keys(c), [pair("bob", "young")]);
    });
}

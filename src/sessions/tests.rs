//! What is stored, in which order, and what goes when its time has come: on a real SQLite file and a real PostgreSQL.

use actix_web::web;
use diesel::connection::SimpleConnection;
use rstest::rstest;

use super::store::RevocationStore;
use crate::auth::{Revocations, Revoked, SessionId, UserId};
use crate::base::clock;
use crate::db::testing::{Backend, TestDb};
use crate::db::{Db, DbSettings};

fn store(db: &TestDb) -> RevocationStore {
    let settings = DbSettings::of(db.url.clone());
    let known = web::Data::new(Revocations::new(3_600));
    RevocationStore::new(Db::connect(&settings).unwrap(), known)
}

fn session(id: &str) -> Revoked {
    Revoked::Session(SessionId::parse(id).unwrap())
}

fn account(id: &str) -> Revoked {
    Revoked::Account(UserId::parse(id).unwrap())
}

fn change(db: &TestDb, statements: &str) {
    db.run(|connection| connection.batch_execute(statements).unwrap());
}

#[rstest]
#[actix_rt::test]
async fn every_kind_is_read_as_it_was_stored(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = store(&db);
    let all = [session("s"), Revoked::Tokens(UserId::parse("ü/%").unwrap(), 7), account("u")];
    for revoked in &all {
        store.revoke(revoked.clone()).await.unwrap();
        store.revoke(revoked.clone()).await.unwrap();
    }
    let rows = store.after(0).await.unwrap();
    let read: Vec<_> = rows.iter().map(|row| row.revocation().unwrap()).collect();
    assert_eq!(read.iter().map(|one| one.revoked.clone()).collect::<Vec<_>>(), all);
    let left = read[0].expires_at - clock::now_seconds();
    assert!((3_590..=3_600).contains(&left), "{left}");
    assert!(rows.is_sorted_by(|one, next| one.id < next.id));
    assert_eq!(store.after(rows[1].id).await.unwrap().len(), 1);

    let known = Revocations::new(3_600);
    let last = RevocationStore::load(&DbSettings::of(db.url.clone()), &known).unwrap();
    assert_eq!(last, rows[2].id);
    assert!(all.iter().all(|revoked| known.covers(revoked)));
}

/// However the clock is set: who has read up to an id misses none that comes later.
#[rstest]
#[actix_rt::test]
async fn ids_grow_although_the_clock_goes_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = store(&db);
    let future = "INSERT INTO revocations VALUES (9000000000000000000, 'session', 'x', 0, 9000000000000000000)";
    change(&db, future);
    for id in ["a", "b"] {
        store.revoke(session(id)).await.unwrap();
    }
    let ids: Vec<i64> = store.after(0).await.unwrap().iter().map(|row| row.id).collect();
    let first = 9_000_000_000_000_000_000;
    assert_eq!(ids, [first, first + 1, first + 2]);
}

#[rstest]
#[actix_rt::test]
async fn what_has_expired_goes_and_the_mark_of_the_erased_account_with_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDb::new(backend);
    let store = store(&db);
    change(
        &db,
        "INSERT INTO owners (user_id, seq, last_id, tasks, epoch, erased_at) VALUES \
         ('old', 1, 0, 0, 1, 1), ('new', 1, 0, 0, 1, 1); \
         INSERT INTO owners (user_id, seq, last_id, tasks, epoch) VALUES ('back', 1, 0, 0, 1); \
         INSERT INTO revocations VALUES (1, 'account', 'old', 0, 1), (2, 'session', 's', 0, 1), \
         (3, 'account', 'back', 0, 1)",
    );
    store.revoke(account("new")).await.unwrap();
    store.revoke(session("t")).await.unwrap();
    assert_eq!(store.purge().await.unwrap(), 3);
    assert_eq!(store.purge().await.unwrap(), 0);
    assert_eq!(store.after(0).await.unwrap().len(), 2);
    let owners = db.run(|connection| {
        use crate::db::{on_either, schema::owners};
        use diesel::{QueryDsl, RunQueryDsl};
        let users = owners::table.select(owners::user_id).order(owners::user_id);
        on_either!(connection, inner => users.load::<String>(inner).unwrap())
    });
    assert_eq!(owners, ["back", "new"], "a mark that was not set is no mark");
}

#[rstest]
#[actix_rt::test]
async fn thousands_go_step_by_step(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let db = TestDb::new(backend);
    let store = store(&db);
    change(
        &db,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
         INSERT INTO revocations SELECT i, 'session', 's' || i, 0, 1 FROM n",
    );
    store.revoke(session("t")).await.unwrap();
    assert_eq!(store.purge().await.unwrap(), 2_500);
    assert_eq!(store.after(0).await.unwrap().len(), 1);
}

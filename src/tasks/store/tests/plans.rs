//! How the databases carry the statements out: by the owner's key, always. Nothing reads a whole table, and no
//! index is used but the primary keys, `(user_id, seq)`, and the one that finds a user's expired keys.

use diesel::connection::SimpleConnection;
use diesel::debug_query;
use diesel::sqlite::Sqlite;

use super::explain::{assert_reads_by_the_owners_key, filled, on_postgres, on_sqlite};
use super::statements::{Parts, each_on_postgres, for_each_statement, lists, parts};
use super::*;
use crate::db::{Db, DbSettings, Session};
use crate::tasks::events::Hub;
use crate::tasks::store::queries::*;

#[test]
fn on_sqlite_every_statement_reads_by_the_owners_key() {
    let db = filled(Backend::Sqlite);
    let parts = parts();
    for_each_statement!(&parts, |name, statement| {
        assert_reads_by_the_owners_key(&on_sqlite(&db, &statement), name);
    });
    let Parts { owner, id, new, changes, now, .. } = &parts;
    for expected in [None, Some(7)] {
        let change = Change { owner, id: *id, changes, flips: true, expected, now: *now };
        let second = After { seq: 1, last_id: 0, second: change };
        assert_reads_by_the_owners_key(&on_sqlite(&db, &second), "Change");
    }
    let bury = After { seq: 1, last_id: 0, second: Bury { owner, id: *id, now: *now } };
    assert_reads_by_the_owners_key(&on_sqlite(&db, &bury), "Bury");
    let restore = After { seq: 1, last_id: 0, second: Restore { owner, id: *id } };
    assert_reads_by_the_owners_key(&on_sqlite(&db, &restore), "Restore");
    let insert = After { seq: 1, last_id: 1, second: Insert { owner, new, now: *now } };
    let plan = on_sqlite(&db, &insert).join("\n");
    assert!(!plan.contains("tasks"), "an insertion reads no table:\n{plan}");
    let plan = on_sqlite(&db, &MarkErased { owner, now: *now }).join("\n");
    assert!(!plan.contains("SCAN"), "an insertion reads no table:\n{plan}");
}

#[test]
fn on_postgresql_every_statement_reads_by_the_owners_key() {
    let db = filled(Backend::Postgres);
    let parts = parts();
    for_each_statement!(&parts, |name, statement| {
        assert_reads_by_the_owners_key(&on_postgres(&db, &statement), name);
    });
    each_on_postgres(&parts, &mut |name, statement| {
        assert_reads_by_the_owners_key(&on_postgres(&db, statement), name);
    });
}

/// In a session that is set up as the one of the batches.
#[test]
fn every_batch_reads_by_the_owners_keys() {
    let db = filled(Backend::Postgres);
    db.run(|c| c.batch_execute(crate::db::WRITES_SET_UP).unwrap());
    let owners = ["alice", "user1", "user2"].map(OwnerId::for_tests);
    let Parts { id, new, now, .. } = parts();
    let insert = InsertAll::of(&owners.each_ref().map(|owner| (owner, &new)), 10, now);
    assert_reads_by_the_owners_key(&on_postgres(&db, &insert), "insert all");
    let complete = CompleteAll::of(&owners.each_ref().map(|owner| (owner, id, None)), now);
    let plan = on_postgres(&db, &complete);
    assert_reads_by_the_owners_key(&plan, "complete all");
    assert!(!plan.join("").contains("Bitmap"), "owners are locked in order: {plan:?}");
}

/// And every scan can be stopped.
#[test]
fn every_statement_names_the_owner() {
    let parts = parts();
    let mut seen = 0;
    for_each_statement!(&parts, |name, statement| {
        let text = debug_query::<Sqlite, _>(&statement).to_string();
        assert!(text.contains("user_id = "), "{name}: {text}");
        let is_scan = name.starts_with("List {") || name.starts_with("Count {");
        assert_eq!(is_scan, text.contains("AND is_wanted()"), "{name}: {text}");
        seen += 1;
    });
    assert!(seen > 100);
}

/// Their texts differ from request to request, so none is kept: not by the driver, and not by the server.
#[actix_rt::test]
async fn no_list_leaves_a_prepared_statement_on_the_server() {
    #[derive(diesel::QueryableByName)]
    struct Kept {
        #[diesel(sql_type = diesel::sql_types::Text)]
        statement: String,
    }
    let db = TestDb::new(Backend::Postgres);
    let settings = DbSettings { max_connections: 1, ..DbSettings::of(db.url.clone()) };
    let store =
        TaskStore::new(&Db::connect(&settings).unwrap(), TaskRules::of(&settings), Hub::new(1));
    for (filter, sort, after) in lists() {
        for search in [None, Some("x".to_owned())] {
            let filter = TaskFilter { search, ..filter.clone() };
            let after = after.clone();
            let params = ListParams { filter, sort, limit: 10, after, include_total: true };
            store.list(&alice(), &params).await.unwrap();
        }
    }
    let kept = async |s: Session<'_>| {
        let Session::Postgres(mut c) = s else { panic!("PostgreSQL") };
        let query = diesel::sql_query("SELECT statement FROM pg_prepared_statements");
        diesel_async::RunQueryDsl::load::<Kept>(query, &mut c).await
    };
    let kept: Vec<Kept> = store.worker.scan("alice", kept).await.unwrap();
    let lists: Vec<&str> = kept.iter().map(|kept| kept.statement.as_str()).collect();
    assert!(lists.len() < 6, "{lists:#?}");
}

#[test]
fn the_check_sees_a_whole_table_being_read() {
    use crate::db::schema::tasks;
    use diesel::{ExpressionMethods, QueryDsl};
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let db = filled(backend);
        let unguarded = tasks::table.filter(tasks::title.eq("x"));
        let plan = match backend {
            Backend::Sqlite => on_sqlite(&db, &unguarded),
            Backend::Postgres => on_postgres(&db, &unguarded),
        };
        let checked = std::panic::catch_unwind(|| assert_reads_by_the_owners_key(&plan, ""));
        assert!(checked.is_err(), "{plan:?}");
    }
}

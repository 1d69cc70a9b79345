//! How the databases carry the statements out: by the owner's key, always. Nothing reads a whole table, and no
//! index is used but the primary keys, `(user_id, seq)`, and the one that finds a user's expired keys.

use diesel::connection::SimpleConnection;
use diesel::debug_query;
use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::sqlite::Sqlite;

use super::explain::{assert_reads_by_the_owners_key, filled, on_postgres, on_sqlite};
use super::*;
use crate::db::{Db, DbSettings, Session};
use crate::tasks::events::Hub;
use crate::tasks::idempotency::{Fingerprint, IdempotencyKey};
use crate::tasks::list::position::{KeyValue, Position};
use crate::tasks::list::sort::{Direction, SortKey};
use crate::tasks::store::queries::*;
use crate::tasks::task::priority::Priority;

/// What most statements are made of.
struct Parts {
    owner: OwnerId,
    id: TaskId,
    new: NewTask,
    changes: TaskChanges,
    key: IdempotencyKey,
    fingerprint: Fingerprint,
    now: Timestamp,
}

fn parts() -> Parts {
    let new = NewTask::for_tests("x");
    Parts {
        owner: alice(),
        id: TaskId::parse("15000").unwrap(),
        changes: renamed("y"),
        key: IdempotencyKey::parse(b"k").unwrap(),
        fingerprint: Fingerprint::of(&new),
        new,
        now: Timestamp::now(),
    }
}

/// Every filter and every order, from the beginning and from the middle.
fn lists() -> Vec<(TaskFilter, Sort, Option<Position>)> {
    let plain = TaskFilter::default();
    let moment = |micros| Some(Timestamp::from_micros(micros));
    let filters = [
        TaskFilter { completed: Some(false), ..plain.clone() },
        TaskFilter { priorities: vec![Priority::High], ..plain.clone() },
        TaskFilter { priorities: vec![Priority::Low, Priority::High], ..plain.clone() },
        TaskFilter { due_before: moment(2_000), ..plain.clone() },
        TaskFilter { due_after: moment(29_000), ..plain.clone() },
        plain,
    ];
    let id = parts().id;
    let keys = |sort| match sort {
        SortKey::CreatedAt => vec![KeyValue::Nothing],
        SortKey::UpdatedAt => vec![KeyValue::Moment(Timestamp::from_micros(15_000))],
        SortKey::DueDate => {
            vec![KeyValue::Moment(Timestamp::from_micros(15_000)), KeyValue::Nothing]
        }
        SortKey::Title => vec![KeyValue::Text("Title 5000".to_owned())],
        SortKey::Priority => vec![KeyValue::Priority(Priority::Medium)],
    };
    let mut lists = Vec::new();
    for filter in filters {
        for key in SortKey::ALL {
            for direction in [Direction::Ascending, Direction::Descending] {
                let sort = Sort { key, direction };
                lists.push((filter.clone(), sort, None));
                for key in keys(key) {
                    lists.push((filter.clone(), sort, Some(Position { key, id })));
                }
            }
        }
    }
    lists
}

/// Does something with every statement that both databases run, under its name.
macro_rules! for_each_statement {
    ($parts:expr, |$name:ident, $statement:ident| $body:expr) => {{
        let Parts { owner, id, new, changes, key, fingerprint, now } = $parts;
        let (id, now, limit) = (*id, *now, 10);
        macro_rules! each {
            ($built:expr) => {{
                let ($name, $statement) = (stringify!($built), $built);
                $body
            }};
        }
        each!(Find { owner, id });
        each!(Several { owner, ids: [1; MOST_AT_ONCE] });
        each!(Newest { owner, below: i64::MAX, limit });
        each!(Oldest { owner, above: 0, limit });
        each!(WithState(State { owner }, Newest { owner, below: i64::MAX, limit }));
        each!(WithState(State { owner }, Oldest { owner, above: 0, limit }));
        each!(CountAll { owner });
        for expected in [None, Some(7)] {
            each!(TakeSeq { owner, id, expected, fewer: 1 });
            each!(TakeBack { owner, id, expected, limit });
            each!(Delete { owner, id, expected });
        }
        each!(CountDown { owner, deleted: 1 });
        for pending_too in [false, true] {
            each!(DeleteRange { owner, above: 0, last: 15_000, pending_too });
        }
        each!(NthId { owner, above: 0, between: 99 });
        each!(NthKey { owner, before: 99 });
        each!(EraseKeys { owner, last: "key2" });
        each!(BuryCompleted { owner, above: 0, last: 15_000, now });
        each!(NthDeleted { owner, before: 99 });
        each!(EraseDeleted { owner, last: id });
        each!(ForgetAll { owner });
        each!(State { owner });
        each!(ErasedAt { owner });
        let window = Window { above: 7, to: 20_000, limit };
        each!(Changed { owner, window });
        each!(Deleted { owner, window });
        each!(Trash { owner, below: i64::MAX, limit });
        each!(FindBuried { owner, id });
        each!(Unbury { owner, id });
        let expired = Expired { user_id: owner.as_str(), before: now, limit };
        each!(EmptyTrash(expired));
        each!(NoteForgotten(expired));
        each!(ForgetMarks(expired));
        each!(FindKey { owner, key });
        each!(FindOutcome { owner, key, until: now });
        each!(InsertOutcome { owner, key, fingerprint, outcome: "[]", now });
        each!(FreeKey { owner, key, until: now });
        each!(ForgetKeys(expired));
        for table in TABLES {
            each!(Erase { owner, table });
        }
        for (filter, sort, after) in &lists() {
            each!(Count { owner, filter });
            for limit in [Some(11), None] {
                each!(List { owner, filter, sort: *sort, after: after.as_ref(), limit });
            }
        }
        let _ = (new, changes, fingerprint);
    }};
}

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
    let Parts { owner, id, new, changes, key, fingerprint, now } = &parts;
    let (id, now, expected) = (*id, *now, None);
    let take = || TakeId { owner, clock: id, limit: 10, now };
    let insert = || Insert { owner, new, now };
    let key = InsertKey { owner, key, fingerprint, now };
    let change = Change { owner, id, changes, flips: false, expected, now };
    let delete = Delete { owner, id, expected };
    let window = Window { above: 7, to: i64::MAX, limit: 10 };
    let writes: [(&str, &(dyn QueryFragment<Pg> + Sync)); 8] = [
        ("insert", &Together(take(), Returning(insert()))),
        ("insert with a key", &Together(take(), WithKey(key, Returning(insert())))),
        ("change", &Together(TakeSeq { owner, id, expected, fewer: 0 }, change)),
        ("delete", &DeleteAndBury { lock: Lock { owner }, delete, now }),
        ("restore", &Together(TakeBack { owner, id, expected, limit: 10 }, Restore { owner, id })),
        ("changes", &WithState(State { owner }, Changed { owner, window })),
        ("lock", &Lock { owner }),
        ("mark", &MarkErased { owner, now }),
    ];
    for (name, statement) in writes {
        assert_reads_by_the_owners_key(&on_postgres(&db, statement), name);
    }
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

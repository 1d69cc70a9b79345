//! How the databases carry the statements out: by the owner's key, always. Nothing reads a whole table, and no
//! index is used but the primary keys, `(user_id, seq)`, and the one that finds a user's expired keys.

use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;
use diesel::{RunQueryDsl, debug_query};

use super::*;
use crate::db::DbConnection;
use crate::tasks::idempotency::{Fingerprint, IdempotencyKey};
use crate::tasks::list::position::{KeyValue, Position};
use crate::tasks::list::sort::{Direction, SortKey};
use crate::tasks::store::batch::{Completion, Creation, batch_statements};
use crate::tasks::store::queries::*;
use crate::tasks::task::priority::Priority;

/// A statement with `EXPLAIN` before it, whose rows are of type `Row`.
struct Explained<'a, Statement: ?Sized, Row> {
    keyword: &'static str,
    statement: &'a Statement,
    row: std::marker::PhantomData<Row>,
}

macro_rules! explained {
    ($backend:ty) => {
        impl<Row> QueryFragment<$backend> for Explained<'_, dyn QueryFragment<$backend> + '_, Row> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                out.unsafe_to_cache_prepared();
                out.push_sql(self.keyword);
                self.statement.walk_ast(out.reborrow())
            }
        }
    };
}

explained!(Sqlite);
explained!(Pg);

impl<Statement: ?Sized, Row> Query for Explained<'_, Statement, Row> {
    type SqlType = Row;
}

impl<Statement: ?Sized, Row> QueryId for Explained<'_, Statement, Row> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Statement: ?Sized, Row, Connection> RunQueryDsl<Connection> for Explained<'_, Statement, Row> {}

/// The lines of a plan on SQLite.
fn on_sqlite(db: &TestDb, statement: &(dyn QueryFragment<Sqlite> + Sync)) -> Vec<String> {
    type Row = (Integer, Integer, Integer, Text);
    db.run(|c| {
        let DbConnection::Sqlite(c) = c else { panic!("SQLite") };
        let explained = Explained::<dyn QueryFragment<Sqlite>, Row> {
            keyword: "EXPLAIN QUERY PLAN ",
            statement,
            row: std::marker::PhantomData,
        };
        let rows: Vec<(i32, i32, i32, String)> = explained.load(c).unwrap();
        rows.into_iter().map(|(.., detail)| detail).collect()
    })
}

/// The lines of a plan on PostgreSQL.
fn on_postgres(db: &TestDb, statement: &(dyn QueryFragment<Pg> + Sync)) -> Vec<String> {
    db.run(|c| {
        let DbConnection::Postgres(c) = c else { panic!("PostgreSQL") };
        let explained = Explained::<dyn QueryFragment<Pg>, Text> {
            keyword: "EXPLAIN ",
            statement,
            row: std::marker::PhantomData,
        };
        explained.load(c).unwrap()
    })
}

/// 100 users with 300 tasks each, and many without any, so that reading a whole table would be the worse plan.
fn filled(backend: Backend) -> TestDb {
    const NUMBERS: &str = "(WITH RECURSIVE numbers(n) AS \
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000) SELECT n FROM numbers) AS n";
    const USER: &str = "CASE WHEN n % 100 = 0 THEN 'alice' ELSE 'user' || (n % 100) END";
    let statements = [
        format!(
            "INSERT INTO tasks SELECT {USER}, n, n, 'Title ' || (n * 7919 % 10007), 'text', \
             (n / 100) % 3 = 0, (n / 100) % 3, '[\"tag' || (n / 100 % 10) || '\"]', \
             CASE WHEN n % 400 = 0 THEN NULL ELSE n END, n, n FROM {NUMBERS}"
        ),
        format!("INSERT INTO owners SELECT {USER}, n, n, 300, 1 FROM {NUMBERS} WHERE n <= 100"),
        format!("INSERT INTO owners SELECT 'other' || n, n, n, 0, 1 FROM {NUMBERS}"),
        format!(
            "INSERT INTO idempotency_keys SELECT {USER}, 'key' || n, '{}', n, n, n FROM {NUMBERS}",
            "0".repeat(64)
        ),
        "ANALYZE".to_owned(),
    ];
    let db = TestDb::new(backend);
    db.run(|c| {
        if matches!(c, DbConnection::Postgres(_)) {
            c.batch_execute("SET statement_timeout = 0").unwrap();
        }
        statements.iter().for_each(|statement| c.batch_execute(statement).unwrap());
    });
    db
}

const INDEXES: [&str; 5] = [
    "owners_pkey",
    "tasks_pkey",
    "tasks_by_seq",
    "idempotency_keys_pkey",
    "idempotency_keys_by_created_at",
];

/// Fails when the plan reads a table otherwise than by a key that starts with the owner.
#[track_caller]
fn assert_reads_by_the_owners_key(plan: &[String], what: &str) {
    let text = plan.join("\n");
    let tables = ["owners", "tasks", "idempotency_keys"];
    let (mut reads, mut by_owner) = (0, 0);
    for line in plan.iter().map(|line| line.trim().trim_start_matches("->").trim()) {
        // SQLite: `SEARCH tasks USING PRIMARY KEY (user_id=? AND id=?)`, or `SCAN tasks`.
        if let Some(table) = line.strip_prefix("SCAN ") {
            assert!(!tables.iter().any(|name| table.starts_with(name)), "{what}:\n{text}");
        }
        if line.starts_with("SEARCH ") {
            reads += 1;
            by_owner += usize::from(line.contains("(user_id=?"));
            let known = line.contains("PRIMARY KEY") || INDEXES.iter().any(|i| line.contains(i));
            assert!(known, "{what}:\n{text}");
        }
        // PostgreSQL: `Index Scan using tasks_pkey on tasks`, then `Index Cond: …`; or `Seq Scan on tasks`.
        assert!(!line.starts_with("Seq Scan"), "{what}:\n{text}");
        if line.contains("Index Scan") || line.contains("Index Only Scan") {
            reads += 1;
            assert!(INDEXES.iter().any(|index| line.contains(index)), "{what}:\n{text}");
        }
        by_owner += usize::from(line.starts_with("Index Cond: ") && line.contains("user_id = "));
    }
    let inserts = usize::from(text.contains("Insert on"));
    assert!(reads + inserts > 0 && reads == by_owner, "{what}: {reads}, {by_owner}:\n{text}");
}

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
        each!(Newest { owner, below: i64::MAX, limit });
        each!(Oldest { owner, above: 0, limit });
        each!(CountAll { owner });
        for expected in [None, Some(7)] {
            each!(TakeSeq { owner, id, expected });
            each!(Delete { owner, id, expected });
        }
        each!(CountDown { owner, deleted: 1 });
        each!(DeleteCompleted { owner });
        each!(FindKey { owner, key });
        each!(ForgetKeys { owner, until: now });
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
    let insert = After { seq: 1, last_id: 1, second: Insert { owner, new, now: *now } };
    let plan = on_sqlite(&db, &insert).join("\n");
    assert!(!plan.contains("tasks"), "an insertion reads no table:\n{plan}");
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
    let count = CountDown { owner, deleted: 1 };
    let writes: [(&str, &(dyn QueryFragment<Pg> + Sync)); 5] = [
        ("insert", &Together(take(), insert())),
        ("insert with a key", &Together(take(), WithKey(key, insert()))),
        ("change", &Together(TakeSeq { owner, id, expected }, change)),
        ("delete", &DeleteAndCount { lock: Lock { owner }, delete, count }),
        ("lock", &Lock { owner }),
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
    let creations = owners.clone().map(|owner| Creation { owner, new: parts().new, limit: 10 });
    let completions = owners.map(|owner| Completion { owner, id: parts().id, completed: None });
    for (name, statement) in batch_statements(&creations, &completions) {
        assert_reads_by_the_owners_key(&on_postgres(&db, &*statement), name);
    }
}

#[test]
fn every_statement_names_the_owner() {
    let parts = parts();
    let mut seen = 0;
    for_each_statement!(&parts, |name, statement| {
        let text = debug_query::<Sqlite, _>(&statement).to_string();
        assert!(text.contains("user_id = "), "{name}: {text}");
        seen += 1;
    });
    assert!(seen > 100);
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

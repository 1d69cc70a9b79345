//! What the databases say of how they carry a statement out, and what it must say.

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;

use super::*;
use crate::db::DbConnection;

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
pub(super) fn on_sqlite(
    db: &TestDb,
    statement: &(dyn QueryFragment<Sqlite> + Sync),
) -> Vec<String> {
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
pub(super) fn on_postgres(db: &TestDb, statement: &(dyn QueryFragment<Pg> + Sync)) -> Vec<String> {
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
pub(super) fn filled(backend: Backend) -> TestDb {
    const NUMBERS: &str = "(WITH RECURSIVE numbers(n) AS \
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000) SELECT n FROM numbers) AS n";
    const USER: &str = "CASE WHEN n % 100 = 0 THEN 'alice' ELSE 'user' || (n % 100) END";
    let statements = [
        format!(
            "INSERT INTO tasks SELECT {USER}, n, n, 'Title ' || (n * 7919 % 10007), 'text', \
             (n / 100) % 3 = 0, (n / 100) % 3, '[\"tag' || (n / 100 % 10) || '\"]', \
             CASE WHEN n % 400 = 0 THEN NULL ELSE n END, n, n FROM {NUMBERS}"
        ),
        format!(
            "INSERT INTO owners SELECT {USER}, n, n, 300, 1, 0, NULL FROM {NUMBERS} WHERE n <= 100"
        ),
        format!("INSERT INTO owners SELECT 'other' || n, n, n, 0, 1, 0, NULL FROM {NUMBERS}"),
        format!(
            "INSERT INTO deleted_tasks SELECT {USER}, 30000 + n, 30000 + n, n, 'Title', NULL, \
             n % 2 = 0, 1, '[]', n, n, n FROM {NUMBERS}"
        ),
        format!(
            "INSERT INTO idempotency_keys SELECT {USER}, 'key' || n, '{}', n, n, n, NULL FROM {NUMBERS}",
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

const INDEXES: [&str; 7] = [
    "owners_pkey",
    "tasks_pkey",
    "tasks_by_seq",
    "deleted_tasks_pkey",
    "deleted_tasks_by_seq",
    "idempotency_keys_pkey",
    "idempotency_keys_by_created_at",
];

/// Fails when the plan reads a table otherwise than by a key that starts with the owner.
#[track_caller]
pub(super) fn assert_reads_by_the_owners_key(plan: &[String], what: &str) {
    let text = plan.join("\n");
    let tables = ["owners", "tasks", "deleted_tasks", "idempotency_keys"];
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

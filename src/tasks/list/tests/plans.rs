//! How the databases carry the statements out: by an index that starts with the owner, always, and
//! without sorting where the index has the order already.

use diesel::QueryDsl;
use diesel::connection::SimpleConnection;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Integer;
use rstest::rstest;

use super::*;
use crate::db::MultiBackend;
use crate::db::testing::Backend;
use crate::tasks::list::position::{KeyValue, Position};

/// A statement with `EXPLAIN` before it, whose rows are of type `Row`.
struct Explained<'a, Statement, Row> {
    keyword: &'static str,
    statement: &'a Statement,
    row: std::marker::PhantomData<Row>,
}

impl<Statement: QueryFragment<MultiBackend>, Row> QueryFragment<MultiBackend>
    for Explained<'_, Statement, Row>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql(self.keyword);
        self.statement.walk_ast(out.reborrow())
    }
}

impl<Statement, Row> Query for Explained<'_, Statement, Row> {
    type SqlType = Row;
}

impl<Statement, Row> QueryId for Explained<'_, Statement, Row> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Statement, Row> RunQueryDsl<DbConnection> for Explained<'_, Statement, Row> {}

impl<'a, Statement, Row> Explained<'a, Statement, Row> {
    fn new(keyword: &'static str, statement: &'a Statement) -> Self {
        Self { keyword, statement, row: std::marker::PhantomData }
    }
}

/// The lines of a statement's plan.
fn plan(c: &mut DbConnection, statement: &impl QueryFragment<MultiBackend>) -> Vec<String> {
    type SqliteRow = (Integer, Integer, Integer, Text);
    match c {
        DbConnection::Postgres(_) => {
            Explained::<_, Text>::new("EXPLAIN ", statement).load(c).unwrap()
        }
        DbConnection::Sqlite(_) => {
            let explained = Explained::<_, SqliteRow>::new("EXPLAIN QUERY PLAN ", statement);
            let rows: Vec<(i32, i32, i32, String)> = explained.load(c).unwrap();
            rows.into_iter().map(|(.., detail)| detail).collect()
        }
    }
}

/// 100 users with 300 tasks each, so that reading a whole table would be the worse plan.
fn filled(backend: Backend) -> TestDb {
    const FILL: &str = "INSERT INTO tasks (user_id, id, version, title, description, completed, \
        priority, tags, due_date, created_at, updated_at) \
        SELECT CASE WHEN n % 100 = 0 THEN 'alice' ELSE 'user' || (n % 100) END, n, 1, \
        'Title ' || (n * 7919 % 10007), 'text', (n / 100) % 3 = 0, (n / 100) % 3, \
        '[\"tag' || (n / 100 % 10) || '\"]', \
        CASE WHEN n % 400 = 0 THEN NULL ELSE n END, n, n \
        FROM (WITH RECURSIVE numbers(n) AS \
        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000) SELECT n FROM numbers) AS n";
    let db = TestDb::new(backend);
    db.run(|c| {
        if matches!(c, DbConnection::Postgres(_)) {
            c.batch_execute("SET statement_timeout = 0").unwrap();
        }
        c.batch_execute(FILL).unwrap();
        c.batch_execute("ANALYZE").unwrap();
    });
    db
}

fn position(sort: Sort) -> Position {
    let key = match sort.key {
        SortKey::CreatedAt | SortKey::UpdatedAt | SortKey::DueDate => {
            KeyValue::Moment(Timestamp::from_micros(15_000))
        }
        SortKey::Title => KeyValue::Text("Title 5000".to_owned()),
        SortKey::Priority => KeyValue::Priority(Priority::Medium),
    };
    Position { key, id: crate::tasks::id::TaskId::parse("15000").unwrap() }
}

/// Fails when the plan reads a whole table or an index that does not start with the owner.
#[track_caller]
fn assert_reads_only_the_owners_rows(plan: &[String], what: &str) {
    let text = plan.join("\n");
    let (mut reads, mut by_owner) = (0, 0);
    for line in plan.iter().map(|line| line.trim()) {
        assert!(!line.contains("Seq Scan") && !line.starts_with("SCAN"), "{what}:\n{text}");
        if line.starts_with("SEARCH") {
            reads += 1;
            by_owner += usize::from(line.contains("(user_id=?"));
        }
        reads += usize::from(line.contains("Index Scan") || line.contains("Index Only Scan"));
        by_owner += usize::from(line.starts_with("Index Cond: ") && line.contains("(user_id = '"));
    }
    assert!(reads > 0 && reads == by_owner, "{what}: {reads} reads, {by_owner} by owner:\n{text}");
}

fn filters() -> Vec<TaskFilter> {
    let plain = TaskFilter::default();
    let moment = |micros| Some(Timestamp::from_micros(micros));
    vec![
        TaskFilter { completed: Some(false), ..plain.clone() },
        TaskFilter { priorities: vec![Priority::High], ..plain.clone() },
        TaskFilter { priorities: vec![Priority::Low, Priority::High], ..plain.clone() },
        TaskFilter { tags: vec!["tag3".to_owned()], ..plain.clone() },
        TaskFilter { tags: vec!["tag3".to_owned(), "tag4".to_owned()], ..plain.clone() },
        TaskFilter { due_before: moment(2_000), ..plain.clone() },
        TaskFilter { due_after: moment(29_000), ..plain.clone() },
        TaskFilter { search: Some("title 7".to_owned()), ..plain.clone() },
        plain,
    ]
}

#[rstest]
fn every_filter_with_every_sort_reads_only_the_owners_rows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = filled(backend);
    for (filter, sort) in filters().iter().flat_map(|f| every_sort().map(move |sort| (f, sort))) {
        let position = position(sort);
        for after in [None, Some(&position)] {
            for segment in statement::segments(&alice(), filter, sort, after) {
                let plan = db.run(|c| plan(c, &segment.limit(101)));
                assert_reads_only_the_owners_rows(&plan, &format!("{filter:?} {sort:?} {after:?}"));
            }
        }
    }
}

#[rstest]
fn counting_reads_only_the_owners_rows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = filled(backend);
    for filter in filters() {
        let plan = db.run(|c| plan(c, &statement::counted(&alice(), &filter)));
        assert_reads_only_the_owners_rows(&plan, &format!("{filter:?}"));
    }
}

#[rstest]
fn no_sort_sorts(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let db = filled(backend);
    let everything = TaskFilter::default();
    for sort in every_sort() {
        let position = position(sort);
        for after in [None, Some(&position)] {
            for segment in statement::segments(&alice(), &everything, sort, after) {
                let plan = db.run(|c| plan(c, &segment.limit(11)));
                let sorts = |line: &String| line.contains("Sort") || line.contains("ORDER BY");
                assert!(!plan.iter().any(sorts), "{sort:?} {after:?}:\n{}", plan.join("\n"));
            }
        }
    }
}

#[test]
fn the_check_sees_a_whole_table_being_read() {
    use crate::db::schema::tasks;
    use diesel::ExpressionMethods;
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let unguarded = tasks::table.filter(tasks::title.eq("x")).into_boxed::<MultiBackend>();
        let plan = filled(backend).run(|c| plan(c, &unguarded));
        let checked = std::panic::catch_unwind(|| assert_reads_only_the_owners_rows(&plan, ""));
        assert!(checked.is_err(), "{plan:?}");
    }
}

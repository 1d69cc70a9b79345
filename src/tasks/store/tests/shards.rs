//! On Citus a request asks one server: every statement goes to one shard. `make citus-test` runs this.

use diesel::pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{QueryBuilder, QueryFragment};
use diesel::sql_types::Text;
use diesel::{Connection, RunQueryDsl};

use super::explain::filled;
use super::statements::{Parts, each_on_postgres, for_each_statement, lists, parts};
use super::*;
use crate::db::{DbConnection, citus_layout};
use crate::tasks::store::queries::*;

const NO_CITUS: &str = "this is a database without Citus: run make citus-test";

/// For types that need no look-up, which are all of ours.
struct NoLookup;

impl PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, name: &str, _: Option<&str>) -> PgTypeMetadata {
        panic!("{name}")
    }
}

/// The statement with its values in its text: Citus explains no plan of a writing `WITH` that has parameters.
fn literal(statement: &(dyn QueryFragment<Pg> + Sync)) -> String {
    let (mut text, mut binds) = (PgQueryBuilder::default(), RawBytesBindCollector::<Pg>::new());
    statement.to_sql(&mut text, &Pg).unwrap();
    statement.collect_binds(&mut binds, &mut NoLookup, &Pg).unwrap();
    let mut text = text.finish();
    // From the last on, so that $1 is not found in $10.
    for (index, (value, kind)) in binds.binds.iter().zip(&binds.metadata).enumerate().rev() {
        let literal = value.as_ref().map_or("NULL".to_owned(), |v| shown(v, kind.oid().unwrap()));
        text = text.replace(&format!("${}", index + 1), &literal);
    }
    text
}

fn shown(value: &[u8], oid: u32) -> String {
    match oid {
        16 => (value == [1]).to_string(),
        20 => i64::from_be_bytes(value.try_into().unwrap()).to_string(),
        21 => i16::from_be_bytes(value.try_into().unwrap()).to_string(),
        25 => format!("'{}'", std::str::from_utf8(value).unwrap()),
        1009 => "'{alice,user1,user2}'".to_owned(),
        _ => panic!("no such type in our statements: {oid}"),
    }
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

fn plan(db: &TestDb, statement: &(dyn QueryFragment<Pg> + Sync)) -> Vec<String> {
    let text = literal(statement);
    let lines: Vec<Line> = db.run(|c| {
        let DbConnection::Postgres(c) = c else { panic!("PostgreSQL") };
        // Not every plan that is made can be carried out.
        c.test_transaction::<(), diesel::result::Error, _>(|c| {
            diesel::sql_query(&text).execute(c).unwrap_or_else(|error| panic!("{error}: {text}"));
            Ok(())
        });
        let lines = diesel::sql_query(format!("EXPLAIN {text}")).load(c);
        lines.unwrap_or_else(|error| panic!("{error}: {text}"))
    });
    lines.into_iter().map(|line| line.line).collect()
}

/// Fails unless everything that reaches a table is one task on the one server that has the owner's shards. A row that is
/// inserted with what the owner's row has given comes by way of the coordinator, which holds no shard.
#[track_caller]
fn assert_goes_to_one_shard(plan: &[String], what: &str) {
    let text = plan.join("\n");
    let all = |start: &'static str| {
        plan.iter()
            .filter_map(move |line| line.trim().trim_start_matches("-> ").strip_prefix(start))
    };
    let tasks: Vec<&str> = all("Task Count: ").collect();
    let mut nodes: Vec<&str> = all("Node: ").filter(|node| !node.contains("localhost")).collect();
    nodes.dedup();
    assert!(!tasks.is_empty() && tasks.iter().all(|count| *count == "1"), "{what}:\n{text}");
    assert_eq!(nodes.len(), 1, "{what}:\n{text}");
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn every_statement_of_a_request_goes_to_one_shard() {
    let db = filled(Backend::Postgres);
    assert!(citus_layout(&db.url).unwrap().expect(NO_CITUS).is_sharded());
    let parts = parts();
    for_each_statement!(&parts, |name, statement| {
        assert_goes_to_one_shard(&plan(&db, &statement), name);
    });
    each_on_postgres(&parts, &mut |name, statement| {
        assert_goes_to_one_shard(&plan(&db, statement), name);
    });
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn the_check_sees_a_statement_that_goes_to_several_shards() {
    let db = filled(Backend::Postgres);
    let users = ["alice", "user1", "user2"].map(str::to_owned);
    let states = StatesOnPostgres { users: &users };
    let next = NextUser { table: "tasks", after: "" };
    let several: [&(dyn QueryFragment<Pg> + Sync); 2] = [&states, &next];
    for statement in several {
        let plan = plan(&db, statement);
        let checked = std::panic::catch_unwind(|| assert_goes_to_one_shard(&plan, ""));
        assert!(checked.is_err(), "{plan:?}");
    }
}

/// Where nothing is sharded, those that come at once share a statement.
#[actix_rt::test]
#[ignore = "needs Citus: make citus-test"]
async fn users_who_write_at_once_are_never_one_statement() {
    let db = TestDb::new(Backend::Postgres);
    let store = TaskStore::for_tests(&db);
    let users: Vec<OwnerId> = (0..16).map(|n| OwnerId::for_tests(&format!("user{n}"))).collect();
    for _ in 0..5 {
        let made = users.iter().map(|owner| store.create(owner, NewTask::for_tests("x")));
        for made in futures_util::future::join_all(made).await {
            assert!(matches!(made, Ok(Created::Task(_))), "{made:?}");
        }
    }
    let ours = "SELECT application_name AS \"QUERY PLAN\" FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name LIKE 'taskbridge%'";
    let connections: Vec<Line> = db.run(|c| {
        let DbConnection::Postgres(c) = c else { panic!("PostgreSQL") };
        diesel::sql_query(ours).load(c).unwrap()
    });
    let names: Vec<&str> = connections.iter().map(|line| line.line.as_str()).collect();
    assert!(!names.contains(&"taskbridge writes"), "{names:?}");
}

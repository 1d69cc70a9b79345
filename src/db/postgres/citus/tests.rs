//! On a real Citus, which `make citus-test` starts; and that any other PostgreSQL is left alone.

use std::thread;

use diesel::{QueryableByName, RunQueryDsl};
use diesel_migrations::MigrationHarness;

use super::*;
use crate::db::Db;
use crate::db::postgres::migrations::{ALL, Folder, Migrations};
use crate::db::testing::{Backend, TestDb, connect, fresh_url};

const NO_CITUS: &str = "this is a database without Citus: run make citus-test";

fn settings(url: &DatabaseUrl) -> DbSettings {
    DbSettings::of(url.clone())
}

fn local(url: &DatabaseUrl) -> DbSettings {
    DbSettings { sharding: Sharding::Off, ..settings(url) }
}

fn laid_out(url: &DatabaseUrl) -> Layout {
    citus_layout(url).unwrap().expect(NO_CITUS)
}

fn execute(url: &DatabaseUrl, statements: &str) {
    connect(url).batch_execute(statements).unwrap();
}

fn number(url: &DatabaseUrl, selected: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        number: i64,
    }
    let DbConnection::Postgres(mut connection) = connect(url) else { panic!("PostgreSQL") };
    let query =
        diesel::sql_query(format!("SELECT number FROM (SELECT {selected}) AS found (number)"));
    query.load::<Found>(&mut connection).unwrap().pop().unwrap().number
}

/// A database whose tables are all on one server, with rows.
fn filled_locally() -> DatabaseUrl {
    let (url, _) = fresh_url(Backend::Postgres);
    Db::migrate(&local(&url)).unwrap();
    assert!(!laid_out(&url).is_sharded(), "it was switched off");
    execute(
        &url,
        "INSERT INTO owners SELECT 'user' || n, 1, 1, 1, 1 FROM generate_series(1, 100) AS n; \
         INSERT INTO tasks SELECT 'user' || n, 1, 1, 'x', NULL, FALSE, 1, '[]', NULL, 1, 1 \
         FROM generate_series(1, 100) AS n",
    );
    url
}

fn assert_laid_out(url: &DatabaseUrl) {
    let layout = laid_out(url);
    assert_eq!((layout.pending(), layout.fault()), (vec![], None), "{layout:?}");
    assert!(layout.nodes.len() >= 3, "{layout:?}");
    let of_nodes: i64 = layout.nodes.iter().map(|node| node.shards).sum();
    let of_tables: i64 = layout.tables.iter().map(|table| table.shards).sum();
    assert_eq!(of_nodes, of_tables, "{layout:?}");
}

#[test]
fn a_postgresql_without_the_extension_is_left_alone() {
    let db = TestDb::new(Backend::Postgres);
    // Unless the tests run on Citus.
    if let Some(layout) = citus_layout(&db.url).unwrap() {
        assert!(layout.is_sharded(), "{layout:?}");
        return;
    }
    assert_eq!(number(&db.url, "count(*) FROM pg_extension WHERE extname = 'citus'"), 0);
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn rows_that_were_there_move_to_the_shards() {
    let url = filled_locally();
    assert_eq!(laid_out(&url).pending(), TABLES);
    assert_eq!(Db::migrate(&settings(&url)).unwrap(), 0);
    assert_laid_out(&url);
    assert_eq!(number(&url, "count(*) FROM owners JOIN tasks USING (user_id)"), 100);
    assert_eq!(
        number(&url, "pg_relation_size('tasks')"),
        0,
        "the old rows stay on the coordinator"
    );
    assert_eq!(Db::migrate(&settings(&url)).unwrap(), 0);
    assert_eq!(Db::migrate(&local(&url)).unwrap(), 0, "what is distributed stays so");
    assert_laid_out(&url);
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn what_was_interrupted_or_begun_by_hand_is_finished() {
    let url = filled_locally();
    execute(&url, "SELECT create_distributed_table('tasks', 'user_id')");
    let refused = Db::migrate(&local(&url)).unwrap_err().to_string();
    assert!(refused.contains("not owners, deleted_tasks, idempotency_keys"), "{refused}");
    Db::migrate(&settings(&url)).unwrap();
    assert_laid_out(&url);
    assert_eq!(number(&url, "count(*) FROM owners JOIN tasks USING (user_id)"), 100);
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn instances_that_start_together_distribute_once() {
    let (url, _) = fresh_url(Backend::Postgres);
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let settings = settings(&url);
            thread::spawn(move || Db::connect(&settings).map(|_| ()))
        })
        .collect();
    starts.into_iter().for_each(|start| start.join().unwrap().unwrap());
    assert_laid_out(&url);
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn what_stands_in_the_way_is_one_sentence_and_nothing_changes() {
    for (statements, sentence) in [
        ("SELECT create_distributed_table('tasks', 'id')", "undistribute_table('tasks')"),
        ("SELECT create_reference_table('owners')", "undistribute_table('owners')"),
        (
            "SELECT create_distributed_table('owners', 'user_id'); \
             SELECT create_distributed_table('deleted_tasks', 'user_id', colocate_with => 'none')",
            "update_distributed_table_colocation('deleted_tasks', colocate_with => 'owners')",
        ),
    ] {
        let (url, _) = fresh_url(Backend::Postgres);
        Db::migrate(&local(&url)).unwrap();
        execute(&url, "ALTER TABLE tasks DROP CONSTRAINT tasks_pkey");
        execute(&url, statements);
        let before = laid_out(&url).pending().len();
        for refused in [
            Db::migrate(&settings(&url)).err(),
            Db::connect(&DbSettings { prepared_statements: false, ..settings(&url) }).err(),
        ] {
            let refused = refused.unwrap().to_string();
            assert!(refused.contains(sentence), "{refused}");
        }
        assert_eq!(laid_out(&url).pending().len(), before);
        // What it says is enough.
        execute(&url, &format!("SELECT {sentence}"));
        assert_eq!(laid_out(&url).fault(), None, "{statements}");
    }
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn row_level_security_is_refused_before_anything_is_distributed() {
    let url = filled_locally();
    let with = |settings| DbSettings { row_level_security: true, ..settings };
    let refused = Db::connect(&with(settings(&url))).unwrap_err().to_string();
    assert!(refused.contains("DATABASE_RLS=on cannot be used with Citus"), "{refused}");
    assert!(refused.contains("DATABASE_SHARDING=off"), "{refused}");
    assert!(!laid_out(&url).is_sharded());
    Db::connect(&with(local(&url))).unwrap();
    Db::migrate(&settings(&url)).unwrap();
    let refused = Db::connect(&with(local(&url))).unwrap_err().to_string();
    assert!(refused.ends_with("set it to off"), "{refused}");
}

#[test]
#[ignore = "needs Citus: make citus-test"]
fn behind_a_pooler_it_is_left_to_migrate() {
    let (url, _) = fresh_url(Backend::Postgres);
    Db::migrate(&local(&url)).unwrap();
    let pooled = DbSettings { prepared_statements: false, ..settings(&url) };
    let refused = Db::connect(&pooled).unwrap_err().to_string();
    assert!(refused.contains("must be distributed first: run taskbridge migrate"), "{refused}");
    Db::connect(&DbSettings { sharding: Sharding::Off, ..pooled.clone() }).unwrap();
    Db::migrate(&settings(&url)).unwrap();
    Db::connect(&pooled).unwrap();
}

/// Each migration meets tables that are distributed already, as on a cluster that follows every release.
#[test]
#[ignore = "needs Citus: make citus-test"]
fn every_migration_works_on_distributed_tables() {
    let (url, _) = fresh_url(Backend::Postgres);
    let DbConnection::Postgres(mut connection) = connect(&url) else { panic!("PostgreSQL") };
    while connection.has_pending_migration(ALL).unwrap() {
        connection.run_next_migration(ALL).unwrap();
        assert!(distribute(&mut connection, &settings(&url)).unwrap(), "{NO_CITUS}");
    }
    assert_laid_out(&url);
    assert_eq!(connection.run_pending_migrations(FURTHER).unwrap().len(), 1);
    assert_eq!(connection.run_pending_migrations(FURTHER).unwrap().len(), 0);
    execute(&url, "INSERT INTO owners VALUES ('u', 1, 1, 0, 1)");
    assert_eq!(number(&url, "sum(further)::bigint FROM owners WHERE user_id = 'u'"), 7);
}

/// Of the kinds that a release may bring.
const FURTHER: Migrations = Migrations(&[Folder {
    name: "2099-01-01-000000_further",
    up: "ALTER TABLE owners ADD COLUMN further BIGINT NOT NULL DEFAULT 7;\n\
        ALTER TABLE owners ADD CONSTRAINT owners_further_check CHECK (further > 0);\n\
        CREATE INDEX tasks_by_further ON tasks (user_id, updated_at);\n",
}]);

/// Or a new one would stay on the coordinator.
#[test]
fn every_table_with_a_user_is_distributed() {
    let db = TestDb::new(Backend::Postgres);
    let with_user = number(
        &db.url,
        "count(*) FROM information_schema.columns \
         WHERE column_name = 'user_id' AND table_schema = 'public'",
    );
    assert_eq!(usize::try_from(with_user), Ok(TABLES.len()));
}

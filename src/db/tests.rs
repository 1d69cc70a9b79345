//! What both databases must agree on: the tables that the migrations make, and how they are made.

use std::thread;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{QueryableByName, RunQueryDsl};
use diesel_async::AsyncPgConnection;
use rstest::rstest;

use super::testing::{Backend, TestDb, connect, fresh_url};
use super::{Db, DbConnection, DbError, DbSettings};

#[derive(Debug, PartialEq, Eq, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

const SQLITE_COLUMNS: &str = "SELECT name, CASE type WHEN 'INTEGER' THEN 'number' ELSE 'text' END AS kind, \
    \"notnull\" = 0 AS nullable FROM pragma_table_info('TABLE') ORDER BY cid";
const POSTGRES_COLUMNS: &str = "SELECT column_name::text AS name, \
    CASE data_type WHEN 'text' THEN 'text' ELSE 'number' END AS kind, is_nullable = 'YES' AS nullable \
    FROM information_schema.columns WHERE table_name = 'TABLE' ORDER BY ordinal_position";

fn columns(db: &TestDb, table: &str) -> Vec<Column> {
    let of_table = |query: &str| diesel::sql_query(query.replace("TABLE", table));
    db.run(|connection| match connection {
        DbConnection::Sqlite(c) => of_table(SQLITE_COLUMNS).load(c).unwrap(),
        DbConnection::Postgres(c) => of_table(POSTGRES_COLUMNS).load(c).unwrap(),
    })
}

/// The tables that Diesel knows, each with the lines that describe it.
fn declared() -> Vec<(&'static str, &'static str)> {
    let blocks = include_str!("schema.rs").split("diesel::table! {").skip(1);
    blocks.map(|block| block.trim().split_once(" (").unwrap()).collect()
}

#[test]
fn both_migrations_make_the_same_columns_in_the_order_of_the_schema() {
    let (sqlite, postgres) = (TestDb::new(Backend::Sqlite), TestDb::new(Backend::Postgres));
    assert!(declared().len() >= 2);
    for (table, lines) in declared() {
        let made = columns(&sqlite, table);
        assert_eq!(made, columns(&postgres, table), "{table}");
        let declared: Vec<(&str, bool)> = lines
            .lines()
            .filter_map(|line| line.trim().strip_suffix(',')?.split_once(" -> "))
            .map(|(name, kind)| (name, kind.starts_with("Nullable")))
            .collect();
        let made: Vec<(&str, bool)> =
            made.iter().map(|column| (column.name.as_str(), column.nullable)).collect();
        assert_eq!(made, declared, "{table}");
    }
}

#[derive(QueryableByName)]
struct Definition {
    #[diesel(sql_type = Text)]
    definition: String,
}

/// Every index as `name(columns)`, the primary key as `primary(columns)`.
fn indexes(db: &TestDb, table: &str) -> Vec<String> {
    const SQLITE: &str = "SELECT CASE l.origin WHEN 'pk' THEN 'primary' ELSE l.name END || '(' || \
        (SELECT group_concat(name, ',') FROM pragma_index_info(l.name)) || ')' AS definition \
        FROM pragma_index_list('TABLE') l ORDER BY 1";
    const POSTGRES: &str = "SELECT CASE WHEN i.indisprimary THEN 'primary' ELSE c.relname END || '(' || \
        (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(attnum, n) \
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) || ')' AS definition \
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
        WHERE i.indrelid = 'TABLE'::regclass ORDER BY 1";
    let of_table = |query: &str| diesel::sql_query(query.replace("TABLE", table));
    let rows: Vec<Definition> = db.run(|connection| match connection {
        DbConnection::Sqlite(c) => of_table(SQLITE).load(c).unwrap(),
        DbConnection::Postgres(c) => of_table(POSTGRES).load(c).unwrap(),
    });
    rows.into_iter().map(|row| row.definition).collect()
}

#[test]
fn both_migrations_make_the_same_indexes_and_all_start_with_the_owner() {
    let (sqlite, postgres) = (TestDb::new(Backend::Sqlite), TestDb::new(Backend::Postgres));
    // Its key is the number of the row itself on SQLite; no user owns it.
    assert_eq!(indexes(&postgres, "revocations"), ["primary(id)"]);
    for (table, _) in declared().into_iter().filter(|(table, _)| *table != "revocations") {
        let made = indexes(&sqlite, table);
        assert_eq!(made, indexes(&postgres, table), "{table}");
        assert!(made.iter().any(|index| index.starts_with("primary(")), "{made:?}");
        assert!(made.iter().all(|index| index.contains("(user_id")), "{made:?}");
    }
}

#[rstest]
#[case::blank_title("1, '', 1, '[]'")]
#[case::long_title("1, 'LONG', 1, '[]'")]
#[case::unknown_priority("1, 'x', 3, '[]'")]
#[case::tags_that_are_no_array("1, 'x', 1, '{}'")]
#[case::id_zero("0, 'x', 1, '[]'")]
fn both_databases_refuse_what_breaks_a_rule(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] broken: &str,
) {
    let db = TestDb::new(backend);
    let completed = if matches!(backend, Backend::Sqlite) { "0" } else { "FALSE" };
    let insert = |values: &str| {
        let statement = format!(
            "INSERT INTO tasks (user_id, seq, completed, created_at, updated_at, id, title, priority, tags) \
             VALUES ('u', 1, {completed}, 1, 1, {})",
            values.replace("LONG", &"x".repeat(201))
        );
        db.run(|connection| connection.batch_execute(&statement))
    };
    insert("1, 'x', 1, '[]'").unwrap();
    let refusal = insert(broken).unwrap_err().to_string().to_lowercase();
    assert!(refusal.contains("check"), "{refusal}");
}

#[rstest]
fn instances_that_start_together_take_turns(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    let starts: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            thread::spawn(move || Db::migrate(&DbSettings::of(url)))
        })
        .collect();
    let applied: Vec<usize> =
        starts.into_iter().map(|start| start.join().unwrap().unwrap()).collect();
    assert_eq!(applied.iter().filter(|n| **n > 0).count(), 1, "{applied:?}");
    connect(&url).batch_execute("SELECT seq FROM owners").unwrap();
}

#[test]
fn sqlite_is_built_as_the_settings_of_cargo_say() {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let options: Vec<Setting> = TestDb::new(Backend::Sqlite)
        .run(|connection| match connection {
            DbConnection::Sqlite(c) => diesel::sql_query("PRAGMA compile_options").load(c),
            DbConnection::Postgres(_) => panic!("not SQLite"),
        })
        .unwrap();
    let set: Vec<&str> = options.iter().map(|option| option.compile_options.as_str()).collect();
    for expected in ["ENABLE_QPSG", "THREADSAFE=2", "DEFAULT_MEMSTATUS=0", "DQS=0"] {
        assert!(set.contains(&expected), "{expected} is not among {set:?}");
    }
    assert!(!set.contains(&"ENABLE_MEMORY_MANAGEMENT"), "{set:?}");
}

#[test]
fn an_sqlite_connection_is_durable_and_waits_for_others() {
    #[derive(QueryableByName)]
    struct Pragmas {
        #[diesel(sql_type = Text)]
        settings: String,
    }
    let db = TestDb::new(Backend::Sqlite);
    let pragmas: Pragmas = db.run(|connection| match connection {
        DbConnection::Sqlite(c) => diesel::sql_query(
            "SELECT (SELECT journal_mode FROM pragma_journal_mode) || ' ' || \
             (SELECT synchronous FROM pragma_synchronous) || ' ' || \
             (SELECT foreign_keys FROM pragma_foreign_keys) || ' ' || \
             (SELECT timeout FROM pragma_busy_timeout) AS settings",
        )
        .get_result(c)
        .unwrap(),
        DbConnection::Postgres(_) => panic!("SQLite was asked for"),
    });
    assert_eq!(pragmas.settings, "wal 2 1 5000");
}

#[rstest]
fn looking_for_pending_migrations_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let known = std::fs::read_dir("migrations/sqlite").unwrap().count();
    let (url, _folder) = fresh_url(backend);
    let before = Db::pending_migrations(&url).unwrap();
    assert_eq!(before, Db::pending_migrations(&url).unwrap());
    if let super::DatabaseUrl::Sqlite(path) = &url {
        assert_eq!(before, None);
        assert!(!std::path::Path::new(path).exists());
    } else {
        assert_eq!(before, Some(known));
    }
    assert_eq!(Db::migrate(&DbSettings::of(url.clone())).unwrap(), known);
    assert_eq!(Db::pending_migrations(&url).unwrap(), Some(0));
}

/// What the database itself lets a statement without any `WHERE` reach.
#[test]
fn with_row_level_security_the_database_keeps_users_apart_by_itself() {
    let (url, _) = fresh_url(Backend::Postgres);
    let settings = DbSettings { row_level_security: true, ..DbSettings::of(url) };
    let insert = |user: &str, id: i64| {
        format!(
            "INSERT INTO tasks (user_id, id, seq, title, completed, priority, tags, created_at, updated_at) \
             VALUES ('{user}', {id}, 1, 'secret', FALSE, 1, '[\"t\"]', 1, 1)"
        )
    };
    actix_rt::System::new().block_on(async {
        let Db::Postgres(db) = Db::connect(&settings).unwrap() else { panic!("PostgreSQL") };
        let execute = async |user: &'static str, statement: String| {
            let run = async |mut connection: &AsyncPgConnection| {
                let query = diesel::sql_query(statement);
                Ok(diesel_async::RunQueryDsl::execute(query, &mut connection).await?)
            };
            let outcome: Result<usize, DbError> = db.run(Some(user), run).await;
            outcome
        };
        assert_eq!(execute("alice", insert("alice", 1)).await.unwrap(), 1);
        assert_eq!(execute("mallory", insert("mallory", 2)).await.unwrap(), 1);
        let forged = execute("mallory", insert("alice", 3)).await.unwrap_err().to_string();
        assert!(forged.contains("row-level security"), "{forged}");

        for user in ["alice", "mallory"] {
            let owner = format!("INSERT INTO owners VALUES ('{user}', 1, 1, 1, 1, 0)");
            assert_eq!(execute(user, owner).await.unwrap(), 1);
        }
        for table in ["tasks", "owners"] {
            let all = format!("SELECT * FROM {table}");
            assert_eq!(execute("mallory", all.clone()).await.unwrap(), 1, "{table}");
            assert_eq!(execute("nobody", all).await.unwrap(), 0, "{table}");
        }
        let rename = "UPDATE tasks SET title = 'stolen'".to_owned();
        assert_eq!(execute("mallory", rename).await.unwrap(), 1);
        let take = "UPDATE tasks SET user_id = 'alice'".to_owned();
        assert!(execute("mallory", take).await.is_err());
        assert_eq!(execute("mallory", "DELETE FROM tasks".to_owned()).await.unwrap(), 1);
        let hers = "SELECT * FROM tasks WHERE title = 'secret'".to_owned();
        assert_eq!(execute("alice", hers).await.unwrap(), 1);

        let escape = "SELECT set_config('role', session_user, true)".to_owned();
        execute("mallory", escape).await.unwrap();
        let all = "SELECT * FROM tasks".to_owned();
        assert_eq!(execute("mallory", all).await.unwrap(), 0, "it ends with the transaction");
    });
}

/// A server that migrates as one role and serves as another must not find itself without rows.
#[test]
fn without_the_setting_row_level_security_binds_no_role() {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let db = TestDb::new(Backend::Postgres);
    db.run(|connection| {
        connection
            .batch_execute(
                "INSERT INTO tasks (user_id, id, seq, title, completed, priority, tags, created_at, updated_at) \
                 VALUES ('alice', 1, 1, 'x', FALSE, 1, '[]', 1, 1); \
                 DO $$ BEGIN CREATE ROLE servant; EXCEPTION WHEN duplicate_object THEN NULL; END $$; \
                 GRANT SELECT ON tasks TO servant; SET ROLE servant",
            )
            .unwrap();
        let DbConnection::Postgres(connection) = connection else { panic!("PostgreSQL") };
        let found: Found =
            diesel::sql_query("SELECT count(*) AS number FROM tasks").get_result(connection).unwrap();
        assert_eq!(found.number, 1);
    });
}

/// Whether it was made by an older version or by a newer one.
#[rstest]
fn a_database_that_another_version_has_made_is_refused_and_left_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (url, _folder) = fresh_url(backend);
    connect(&url)
        .batch_execute(
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
             run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); \
             INSERT INTO __diesel_schema_migrations (version) VALUES ('20261121000000')",
        )
        .unwrap();
    let settings = DbSettings::of(url.clone());
    for refused in [
        Db::migrate(&settings).err(),
        Db::pending_migrations(&url).err(),
        Db::connect(&settings).map(|_| ()).err(),
    ] {
        let sentence = format!("{:#}", refused.unwrap());
        assert!(sentence.contains("made by another version of Taskbridge"), "{sentence}");
    }
    assert!(connect(&url).batch_execute("SELECT 1 FROM tasks").is_err(), "nothing is made in it");
}

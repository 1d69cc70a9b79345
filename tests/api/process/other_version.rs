//! A database that another version has made is refused with one sentence, and stays as it is.

use rstest::rstest;

use crate::support::Backend;
use crate::support::app::fresh_url;
use crate::support::database::{column, execute};
use crate::support::process::Process;
use crate::support::tokens::SECRET;

/// The tables of the first migrations, as far as they matter here, with a row in each.
const EARLIER: &str = "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
        run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); \
    INSERT INTO __diesel_schema_migrations (version) VALUES ('20261121000000'); \
    CREATE TABLE tasks (user_id TEXT NOT NULL, id BIGINT NOT NULL, version BIGINT NOT NULL, title TEXT NOT NULL, \
        PRIMARY KEY (user_id, id)); \
    INSERT INTO tasks VALUES ('alice', 1, 1, 'Kept')";

/// Everything that the database says of itself and of its rows.
fn content(url: &str) -> Vec<String> {
    let schema = if url.starts_with("sqlite:") {
        "SELECT coalesce(sql, name) AS text FROM sqlite_master ORDER BY name"
    } else {
        "SELECT table_name || '.' || column_name AS text FROM information_schema.columns \
         WHERE table_schema = 'public' ORDER BY 1"
    };
    let versions =
        "SELECT version || ' ' || CAST(run_on AS TEXT) AS text FROM __diesel_schema_migrations";
    let tasks = "SELECT user_id || CAST(id AS TEXT) || title AS text FROM tasks";
    [schema, versions, tasks].iter().flat_map(|query| column(url, "text", query)).collect()
}

#[rstest]
fn it_is_refused_and_left_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("serve", "migrate")] command: &str,
    #[values("on", "off")] prepared_statements: &str,
) {
    let (url, _folder) = fresh_url(backend);
    execute(&url, EARLIER);
    let before = content(&url);
    assert!(before.len() >= 4, "{before:?}");
    let variables = [
        ("BETTER_AUTH_SECRET", SECRET),
        ("DATABASE_URL", url.as_str()),
        ("DATABASE_PREPARED_STATEMENTS", prepared_statements),
    ];
    let mut process = Process::start(&[command], &variables);
    assert_eq!(process.wait().code(), Some(1), "{}", process.output());
    let stderr = process.stderr();
    let messages: Vec<&str> = stderr.split("taskbridge: ").skip(1).collect();
    let [message] = messages[..] else { panic!("{stderr}") };
    assert!(message.contains("was made by another version"), "{stderr}");
    assert_eq!(message.trim_end().lines().count(), 1, "{stderr}");
    assert!(!stderr.contains("panicked") && process.stdout().is_empty(), "{}", process.output());
    assert_eq!(content(&url), before);
}

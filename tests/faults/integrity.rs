//! What must hold in the database itself, whatever happened: looked at behind the server's back.

use crate::support::database::{execute, number};

/// Every B-tree against its table, by PostgreSQL's own checker, which fails when one is damaged.
const INDEXES: &str = "SELECT count(*) AS number FROM pg_index \
    JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam, \
    LATERAL bt_index_check(indexrelid, true) WHERE amname = 'btree' AND relpersistence = 'p'";

/// Fails unless the storage is sound and every tag of every task is found, and no other.
pub fn check(database_url: &str) {
    let none = |statement: &str| assert_eq!(number(database_url, statement), 0, "{statement}");
    let said = if database_url.starts_with("sqlite://") {
        none("SELECT count(*) AS number FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
        none("SELECT count(*) AS number FROM pragma_foreign_key_check");
        "SELECT user_id, value, tasks.id FROM tasks, json_each(tags)"
    } else {
        execute(database_url, "CREATE EXTENSION IF NOT EXISTS amcheck");
        assert!(number(database_url, INDEXES) > 10);
        "SELECT user_id, value, id FROM tasks, jsonb_array_elements_text(tags::jsonb) AS said (value)"
    };
    let found = "SELECT user_id, tag, task_id FROM task_tags";
    none(&format!("SELECT count(*) AS number FROM ({said} EXCEPT {found}) AS lost"));
    none(&format!("SELECT count(*) AS number FROM ({found} EXCEPT {said}) AS left_over"));
}

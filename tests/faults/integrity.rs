//! What must hold in the database itself, whatever happened: read without the server.

use crate::support::database::{assert_owners_agree, execute, number};

/// Every B-tree against its table, by PostgreSQL's own checker, which fails when one is damaged.
const INDEXES: &str = "SELECT count(*) AS number FROM pg_index \
    JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam, \
    LATERAL bt_index_check(indexrelid, true) WHERE amname = 'btree' AND relpersistence = 'p'";

/// Fails unless the storage is sound and the owners' rows agree with the tasks.
pub fn check(database_url: &str) {
    if database_url.starts_with("sqlite://") {
        let damage =
            "SELECT count(*) AS number FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
        assert_eq!(number(database_url, damage), 0, "{damage}");
    } else {
        execute(database_url, "CREATE EXTENSION IF NOT EXISTS amcheck");
        assert!(number(database_url, INDEXES) > 10);
    }
    assert_owners_agree(database_url);
}

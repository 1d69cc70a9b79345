//! Databases on a Citus that is already there: `scripts/citus-cluster run` names its coordinator in
//! `TASKBRIDGE_TEST_POSTGRES`. A new database is made on every node from a template that has the extension and knows the
//! nodes.

use std::sync::{Mutex, Once, PoisonError};

use ::postgres::Client;

use super::connect;

/// How many databases there are at most: each has a process of Citus's own on every node.
const MOST: usize = 8;

/// The coordinator's URL without the database, when the tests are to run on Citus.
#[expect(clippy::disallowed_methods, reason = "a knob of the tests")]
pub fn coordinator() -> Option<String> {
    let url = std::env::var("TASKBRIDGE_TEST_POSTGRES").ok()?;
    Some(url.rsplit_once('/').expect("a URL with a database").0.to_owned())
}

/// Makes a database on every node.
pub fn create_database(coordinator: &str, name: &str) {
    static MADE: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut admin = connect(&format!("{coordinator}/postgres")).expect("the coordinator");
    let mut nodes = nodes(&mut admin);
    for node in &mut nodes {
        // The template is copied; no node has to be told of another.
        node.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE citus_template"))
            .expect("create database");
    }
    static EARLIER: Once = Once::new();
    EARLIER.call_once(|| drop_earlier(&mut admin, &mut nodes));
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.push(name.to_owned());
    if made.len() > MOST
        && let Some(unused) = made.iter().position(|name| is_unused(&mut admin, name))
    {
        drop_database(&mut nodes, &made.remove(unused));
    }
}

/// What earlier processes have left: one runs after the other.
fn drop_earlier(admin: &mut Client, nodes: &mut [Client]) {
    let own = format!("test\\_{}\\_%", std::process::id());
    let left = "SELECT datname::text FROM pg_database \
        WHERE datname LIKE 'test\\_%' AND datname NOT LIKE $1";
    for row in admin.query(left, &[&own]).expect("the databases") {
        drop_database(nodes, row.get(0));
    }
}

fn drop_database(nodes: &mut [Client], name: &str) {
    for node in nodes {
        // A test may have dropped it on the coordinator.
        node.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .expect("drop database");
    }
}

/// Connections to all nodes, the coordinator among them.
pub fn nodes(coordinator: &mut Client) -> Vec<Client> {
    let known =
        "SELECT 'postgres://test@' || nodename || ':' || nodeport || '/postgres' FROM pg_dist_node";
    let rows = coordinator.query(known, &[]).expect("the nodes");
    rows.iter().map(|row| connect(row.get(0)).expect("a node")).collect()
}

/// Whether only Citus itself is connected to it.
fn is_unused(admin: &mut Client, name: &str) -> bool {
    let used = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 \
        AND backend_type = 'client backend' AND application_name NOT LIKE 'citus%'";
    admin.query_one(used, &[&name]).is_ok_and(|row| row.get::<_, i64>(0) == 0)
}

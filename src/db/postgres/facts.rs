//! What a PostgreSQL server says about a connection and about the role of row-level security, for the
//! doctor.

use anyhow::Context;
use diesel::sql_types::{Bool, Integer, Nullable, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl};

use crate::db::error::DbError;
use crate::db::operator::{DbConnection, on_either};
use crate::db::url::DatabaseUrl;

/// One row, asked of the server; nothing is changed.
#[derive(Clone, Debug, QueryableByName)]
pub(crate) struct PostgresFacts {
    /// The version of TLS, if the connection has it.
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) tls: Option<String>,
    /// Whether the server is on this machine: a Unix socket or a loopback address.
    #[diesel(sql_type = Bool)]
    pub(crate) local: bool,
    /// The process that serves the connection.
    #[diesel(sql_type = Integer)]
    pub(crate) process: i32,
    /// Whether the role of row-level security is there.
    #[diesel(sql_type = Bool)]
    pub(crate) role_exists: bool,
    /// Whether it is a superuser, passes by row-level security or owns a table: then nothing binds it.
    #[diesel(sql_type = Bool)]
    pub(crate) role_unbound: bool,
    /// Whether this user may take it on.
    #[diesel(sql_type = Bool)]
    pub(crate) role_granted: bool,
    /// Whether this user may make roles.
    #[diesel(sql_type = Bool)]
    pub(crate) may_make_roles: bool,
}

const QUESTION: &str = "SELECT \
    (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls, \
    coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS local, \
    pg_backend_pid() AS process, \
    EXISTS (SELECT FROM pg_roles WHERE rolname = 'taskbridge_app') AS role_exists, \
    EXISTS (SELECT FROM pg_roles WHERE rolname = 'taskbridge_app' AND (rolsuper OR rolbypassrls)) \
    OR EXISTS (SELECT FROM pg_tables WHERE tableowner = 'taskbridge_app') AS role_unbound, \
    coalesce((SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = 'taskbridge_app'), \
    false) AS role_granted, \
    (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS may_make_roles";

/// How often it is looked for a pooler: a busy one may give us the same processes once or twice.
const ROUNDS: usize = 4;

/// What the server says, and whether a pooler stands before it that exchanges connections: then two idle
/// connections of ours share a process of the server, or one has several in turn.
///
/// # Errors
/// One sentence when the server cannot be asked; it shows no password.
pub(crate) fn postgres_facts(url: &DatabaseUrl) -> anyhow::Result<(PostgresFacts, bool)> {
    let ask = |connection: &mut DbConnection| -> anyhow::Result<PostgresFacts> {
        // In a transaction, in which a pooler does not exchange connections.
        let answer = on_either!(connection, inner => inner.transaction(|inner| {
            diesel::sql_query(QUESTION).get_result(inner)
        }));
        answer.map_err(DbError::from).context("cannot ask the server")
    };
    let (mut first, mut second) = (DbConnection::open(url)?, DbConnection::open(url)?);
    let (facts, other) = (ask(&mut first)?, ask(&mut second)?);
    let mut pooled = facts.process == other.process;
    for _ in 0..ROUNDS {
        let (again, other_again) = (ask(&mut first)?, ask(&mut second)?);
        pooled |= (again.process, other_again.process) != (facts.process, other.process);
    }
    Ok((facts, pooled))
}

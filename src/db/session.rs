//! Which PostgreSQL server a connection leads to, and as whom.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};

use super::connection::{DbConnection, PipelinedConnection};
use super::error::DbError;

/// What a session sees. Two that are equal read the same tables of the same server.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub(super) struct Session {
    /// Server, its last start, database, user and schemas.
    #[diesel(sql_type = Text)]
    place: String,
    /// Whether TLS or GSSAPI protects the connection.
    #[diesel(sql_type = Bool)]
    pub(super) encrypted: bool,
}

const QUESTION: &str = "SELECT \
    concat_ws(' ', inet_server_addr(), inet_server_port(), \
    extract(epoch FROM pg_postmaster_start_time()), \
    current_database(), current_user, current_setting('search_path')) AS place, \
    EXISTS (SELECT FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) \
    OR EXISTS (SELECT FROM pg_stat_gssapi WHERE pid = pg_backend_pid() AND encrypted) AS encrypted";

impl Session {
    /// That of a connection through libpq.
    pub(super) fn of(connection: &mut DbConnection) -> Result<Self, DbError> {
        Ok(diesel::RunQueryDsl::get_result(diesel::sql_query(QUESTION), connection)?)
    }

    /// That of a connection without it.
    pub(super) async fn pipelined(mut connection: &PipelinedConnection) -> Result<Self, DbError> {
        let question = diesel::sql_query(QUESTION);
        Ok(diesel_async::RunQueryDsl::get_result(question, &mut connection).await?)
    }
}

//! How far several owners have come, for those who listen. It gives nothing of a task.

use diesel::QueryResult;

use super::queries::{StatesOnPostgres, StatesOnSqlite};
use crate::db::{Db, DbError, Session};
use crate::tasks::task::owner_state::OwnerState;

/// The way to the states of owners, for those who tell them to listeners.
pub(crate) struct OwnerStates(Db);

impl OwnerStates {
    /// In this database.
    pub(crate) fn new(db: Db) -> Self {
        Self(db)
    }

    /// The states of these users, by one statement. A user who has no row is left out.
    ///
    /// # Errors
    /// [`DbError`] when the database does not answer.
    pub(in crate::tasks) async fn of(
        &self,
        users: Vec<String>,
    ) -> Result<Vec<(String, OwnerState)>, DbError> {
        self.0.read(async move |s: Session<'_>| states(s, &users).await).await
    }
}

async fn states(s: Session<'_>, users: &[String]) -> QueryResult<Vec<(String, OwnerState)>> {
    match s {
        Session::Sqlite(c) => {
            // Texts always serialise.
            let users = serde_json::to_string(users).unwrap_or_default();
            diesel::RunQueryDsl::load(StatesOnSqlite { users: &users }, c)
        }
        Session::Postgres(mut c) => {
            diesel_async::RunQueryDsl::load(StatesOnPostgres { users }, &mut c).await
        }
    }
}

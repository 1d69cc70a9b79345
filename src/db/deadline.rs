//! How long a request waits for the database in all: for a place, for a connection and for the answer together,
//! not for each of them in turn.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::DbError;
use super::settings::DbSettings;

/// The moments at which a request has waited long enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    connection: Instant,
    answer: Instant,
}

impl Deadline {
    /// Of a request that begins now.
    pub(super) fn new(settings: &DbSettings) -> Self {
        let now = Instant::now();
        let answer = now + settings.answer_timeout();
        Self { connection: now + settings.acquire_timeout, answer }
    }

    /// Waits for a place or a connection.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when it took too long.
    pub(super) async fn connection<T>(
        self,
        waiting: impl Future<Output = T>,
    ) -> Result<T, DbError> {
        let late = |_| DbError::Unavailable("no connection came free in time".to_owned());
        timeout_at(self.connection, waiting).await.map_err(late)
    }

    /// How long to wait for a free connection, where something else does the waiting.
    pub(super) fn left_for_connection(self) -> Duration {
        self.connection.saturating_duration_since(Instant::now())
    }

    /// Waits for an answer of the database, or for a connection that it must make first.
    ///
    /// # Errors
    /// As [`Deadline::connection`].
    pub(super) async fn answer<T>(self, waiting: impl Future<Output = T>) -> Result<T, DbError> {
        let late = |_| DbError::Unavailable("no answer came in time".to_owned());
        timeout_at(self.answer, waiting).await.map_err(late)
    }
}

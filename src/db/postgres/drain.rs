//! What becomes of a connection that a request has left in the middle, because its client has hung up or its time was
//! over. To close it would leave the server at work on a statement that is of no use to any client, and would make
//! all users wait for new connections at the rate at which one of them hangs up. So the statement is stopped, and
//! the connection is used again. Until then the scan counts among those of its user.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use tokio::time::timeout;

use super::connection::{Connection, background};
use super::pool::Pooled;
use crate::db::scans::Place;

/// How long that may take before the connection is closed after all.
const LIMIT: Duration = Duration::from_secs(1);

/// How long a statement that a request has left may go on before it is cancelled: most are done by then, and need
/// no connection to cancel them.
const SOON: Duration = Duration::from_millis(50);

/// How often requests may leave a connection in the middle before it is replaced: each time a prepared statement may
/// stay on the server that the driver does not know.
const LEAVES: u32 = 50;

/// What a request may leave on a connection.
#[derive(Debug)]
pub(super) struct Leftover {
    clean_up: &'static str,
    place: Option<Place>,
}

impl Leftover {
    /// A statement that stands for itself, of a scan where there is a place.
    pub(super) fn statement(place: Option<Place>) -> Self {
        Self { clean_up: "", place }
    }

    /// A transaction.
    pub(super) fn transaction(place: Option<Place>) -> Self {
        Self { clean_up: "ROLLBACK", place }
    }
}

/// Drains a connection in the background, and gives it back to its pool.
pub(super) fn drain(connection: Arc<Pooled>, Leftover { clean_up, place }: Leftover) {
    let Ok(runtime) = background() else { return connection.abort() };
    runtime.spawn(async move {
        match timeout(LIMIT, stop(&connection, clean_up)).await {
            Ok(Ok(())) => connection.set_in_use(false),
            Ok(Err(error)) => {
                log::debug!("a connection is closed that a request has left: {error:#}");
                connection.abort();
            }
            Err(_) => connection.abort(),
        }
        drop((connection, place));
    });
}

/// Ends what the connection was asked, so that the next request finds it as new.
async fn stop(connection: &Connection, clean_up: &str) -> anyhow::Result<()> {
    ensure!(connection.leave() <= LEAVES, "it was left {LEAVES} times before");
    {
        let mut cleaned = pin!(connection.execute(clean_up));
        if let Ok(cleaned) = timeout(SOON, cleaned.as_mut()).await {
            return cleaned;
        }
        connection.cancel().await?;
        // May be what was cancelled.
        let _ = cleaned.await;
    }
    connection.execute(clean_up).await
}

#[cfg(test)]
mod tests;

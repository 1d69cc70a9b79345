//! What one client, and all of them together, may take from the server.

use std::time::Duration;

use super::source::Reader;

/// Limits of the HTTP side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// How long a client may take for its header, and then for its body.
    pub request_timeout: Duration,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// Connections open at once; more wait in the backlog of the socket.
    pub max_connections: usize,
    /// How long the server goes on after a SIGTERM, not ready any more, before it refuses connections.
    pub shutdown_delay: Duration,
    /// How long requests in flight may take after that.
    pub shutdown_timeout: Duration,
}

pub(super) fn read(reader: &mut Reader<'_>) -> HttpLimits {
    let seconds = |number: u32| Duration::from_secs(u64::from(number));
    let connections = reader.number("MAX_CONNECTIONS", "10000", 1..=1_000_000);
    HttpLimits {
        request_timeout: seconds(reader.number("REQUEST_TIMEOUT_SECONDS", "10", 1..=300)),
        keep_alive: seconds(reader.number("KEEP_ALIVE_SECONDS", "75", 1..=3600)),
        max_connections: usize::try_from(connections).unwrap_or(usize::MAX),
        shutdown_delay: seconds(reader.number("SHUTDOWN_DELAY_SECONDS", "0", 0..=300)),
        shutdown_timeout: seconds(reader.number("SHUTDOWN_TIMEOUT_SECONDS", "30", 1..=600)),
    }
}

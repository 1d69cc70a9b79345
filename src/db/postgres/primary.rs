//! Which server is the primary. PostgreSQL counts a timeline, which grows by one whenever a standby takes over, so a server of
//! an older timeline than the newest that was seen is a primary of before: it does not know yet that it was replaced, say because
//! its machine stood still. Its rows are old, and what it is told is lost.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::bail;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Whether the server is a standby, and if not, the name of the file of its log, which begins with the timeline.
const QUESTION: &str = "SELECT pg_is_in_recovery(), \
    CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END";

/// The newest timeline that a connection of this process has seen.
#[derive(Debug, Default)]
pub(super) struct Primary(AtomicU32);

impl Primary {
    /// Whether no newer primary has been seen.
    pub(super) fn is_current(&self, timeline: u32) -> bool {
        timeline >= self.0.load(Ordering::Relaxed)
    }

    /// The timeline of a server, which from now on no older one may follow. `None` where the question is not known, as on
    /// engines that only speak like PostgreSQL.
    ///
    /// # Errors
    /// When the server is a standby or a primary of before, or does not answer.
    pub(super) async fn admit(&self, client: &Client) -> anyhow::Result<Option<u32>> {
        let rows = match client.simple_query(QUESTION).await {
            Ok(rows) => rows,
            Err(error) if error.as_db_error().is_some() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let row = rows.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((row.get(0), row.get(1))),
            _ => None,
        });
        let Some((is_standby, file)) = row else { return Ok(None) };
        if is_standby == Some("t") {
            bail!("the server is a standby, which takes no writes");
        }
        let timeline = file.and_then(timeline_of);
        if let Some(timeline) = timeline
            && self.0.fetch_max(timeline, Ordering::Relaxed) > timeline
        {
            bail!("the server was the primary once; another one has replaced it");
        }
        Ok(timeline)
    }
}

/// From the name of a file of the log: 24 hexadecimal digits, of which the first eight are the timeline.
fn timeline_of(file: &str) -> Option<u32> {
    u32::from_str_radix(file.get(..8)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeline_is_hexadecimal() {
        assert_eq!(timeline_of("0000001A0000000000000003"), Some(26));
        assert_eq!(timeline_of("0000"), None);
        assert_eq!(timeline_of(""), None);
    }

    #[test]
    fn an_older_timeline_is_no_longer_current() {
        let primary = Primary(AtomicU32::new(3));
        assert_eq!([2, 3, 4].map(|timeline| primary.is_current(timeline)), [false, true, true]);
    }
}

//! Copies the pages of the write-ahead log into the SQLite file, beside the writer. By itself SQLite does it
//! inside a commit, and the request of that commit waits for the copying of thousands of pages.
//!
//! A log that is written all the time is never copied to its end, and so never begins anew. That is left to
//! SQLite, which does it inside a commit after [`super::connection::CHECKPOINT_PAGES`]: by then there is little
//! left to copy.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;

use super::connection::{CACHE_KIB, Connector};
use super::thread;
use crate::db::error::DbError;

/// After how many writes it copies. Each changes four pages or so. The fewer are copied at a time, the shorter a
/// commit waits for its turn at the disk, and the more pages are copied more than once.
const WRITES: usize = 400;

/// As how many a write counts that shared its commit: many wait for that commit, so it must not wait for long. Where
/// each write is alone, few copies hold up fewer of them.
const SHARED: usize = 4;

/// A handle on the thread that copies, which ends with it. Without the thread everything works, but some
/// commits take longer.
#[derive(Debug)]
pub(super) struct Checkpointer {
    wake: SyncSender<()>,
    written: usize,
}

impl Checkpointer {
    /// Starts the thread. It connects when there is something to copy.
    ///
    /// # Errors
    /// When the operating system starts no thread.
    pub(super) fn start(connector: Connector) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        thread::start("checkpointer", move || keep_copying(&connector, &woken))?;
        Ok(Self { wake, written: 0 })
    }

    /// Counts the writes of a commit.
    pub(super) fn count(&mut self, writes: usize) {
        self.written += if writes > 1 { writes * SHARED } else { writes };
        if self.written >= WRITES {
            self.written = 0;
            // A full channel means that it is copying, and will see these writes too.
            let _ = self.wake.try_send(());
        }
    }
}

fn keep_copying(connector: &Connector, woken: &Receiver<()>) {
    let mut kept = None;
    while let Ok(()) = woken.recv() {
        match copy(connector, kept.take()) {
            Ok(connection) => kept = Some(connection),
            Err(error) => log::debug!("the log of the database was not copied: {error}"),
        }
    }
}

/// PASSIVE waits for no reader and no writer, and none waits for it.
fn copy(
    connector: &Connector,
    kept: Option<SqliteConnection>,
) -> Result<SqliteConnection, DbError> {
    let mut connection = match kept {
        Some(connection) => connection,
        None => connector.open(CACHE_KIB)?,
    };
    connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE);")?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use diesel::connection::SimpleConnection;
    use diesel::{Connection, QueryDsl, RunQueryDsl, SqliteConnection};

    use rstest::rstest;

    use super::{Checkpointer, Connector, SHARED, WRITES};
    use crate::db::DatabaseUrl;
    use crate::db::schema::idempotency_keys;
    use crate::db::testing::{Backend, TestDb};

    /// How many keys the file holds without its log.
    fn keys_in(file: &Path) -> i64 {
        let folder = tempfile::tempdir().unwrap();
        let alone = folder.path().join("alone.db");
        std::fs::copy(file, &alone).unwrap();
        let mut connection = SqliteConnection::establish(alone.to_str().unwrap()).unwrap();
        idempotency_keys::table.count().get_result(&mut connection).unwrap()
    }

    #[rstest]
    #[case::each_alone(1, WRITES)]
    #[case::two_at_a_time(2, WRITES / (2 * SHARED))]
    fn what_was_written_reaches_the_file_after_so_many_writes_and_not_before(
        #[case] writes: usize,
        #[case] commits: usize,
    ) {
        let db = TestDb::new(Backend::Sqlite);
        let DatabaseUrl::Sqlite(path) = &db.url else { panic!("SQLite") };
        let connector = Connector::new(path, Duration::from_secs(5));
        let mut checkpointer = Checkpointer::start(connector).unwrap();
        let statement = format!(
            "PRAGMA wal_checkpoint(TRUNCATE); \
             INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, task_seq, created_at) \
             VALUES ('u', 'k', '{}', 1, 1, 1)",
            "0".repeat(64)
        );
        db.run(|connection| connection.batch_execute(&statement).unwrap());
        (1..commits).for_each(|_| checkpointer.count(writes));
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(keys_in(path.as_ref()), 0);
        checkpointer.count(writes);
        let asked = Instant::now();
        while keys_in(path.as_ref()) == 0 {
            assert!(asked.elapsed() < Duration::from_secs(10), "it is not copied");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

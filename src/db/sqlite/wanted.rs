//! Whether the scan of this thread is still wanted. A thread that reads a SQLite file cannot be stopped from outside,
//! so a scan asks: between its rows, and by the SQL function `is_wanted()` in the conditions of its statement, which
//! reads rows for a long time before it gives the first. A statement that is not wanted finds nothing more.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::SqliteConnection;

diesel::define_sql_function! { fn is_wanted() -> diesel::sql_types::Bool; }

thread_local! {
    /// Of the scan that this thread runs, if it runs one.
    static SCAN: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Makes the function known to a connection.
pub(super) fn register(connection: &mut SqliteConnection) -> diesel::QueryResult<()> {
    is_wanted_utils::register_nondeterministic_impl(connection, scan_is_wanted)
}

/// Whether the scan of this thread goes on: its client waits for it. True where no scan runs.
pub(crate) fn scan_is_wanted() -> bool {
    SCAN.with_borrow(|scan| scan.as_ref().is_none_or(|wanted| wanted.load(Ordering::Relaxed)))
}

/// The client's end: when it is dropped, the scan is not wanted any more.
#[derive(Debug)]
pub(super) struct Client(Arc<AtomicBool>);

/// The thread's end.
#[derive(Debug)]
pub(super) struct Scan(Arc<AtomicBool>);

/// The two ends of a scan.
pub(super) fn scan() -> (Client, Scan) {
    let wanted = Arc::new(AtomicBool::new(true));
    (Client(Arc::clone(&wanted)), Scan(wanted))
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Scan {
    /// Does `work` on this thread, as this scan.
    pub(super) fn run<T>(self, work: impl FnOnce() -> T) -> T {
        struct Ends;
        impl Drop for Ends {
            fn drop(&mut self) {
                SCAN.set(None);
            }
        }
        SCAN.set(Some(self.0));
        let _ends = Ends;
        work()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    use diesel::SqliteConnection;
    use diesel::connection::SimpleConnection;
    use diesel::sql_types::BigInt;
    use diesel::{QueryableByName, RunQueryDsl};

    use crate::db::sqlite::Sqlite;
    use crate::db::testing::{Backend, TestDb};
    use crate::db::{Db, DbError, DbSettings, scan_is_wanted};

    fn open(db: &TestDb) -> Sqlite {
        let acquire_timeout = Duration::from_millis(200);
        let settings = DbSettings { acquire_timeout, ..DbSettings::of(db.url.clone()) };
        match Db::connect(&settings).unwrap() {
            Db::Sqlite(db) => db,
            Db::Postgres(_) => panic!("SQLite"),
        }
    }

    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        #[expect(dead_code, reason = "it is there or not")]
        number: i64,
    }

    fn rows(connection: &mut SqliteConnection) -> usize {
        let query = diesel::sql_query("SELECT seq AS number FROM owners WHERE is_wanted()");
        query.load::<Row>(connection).unwrap().len()
    }

    #[actix_rt::test]
    async fn a_scan_stops_when_its_client_is_gone_and_has_its_place_until_then() {
        let db = TestDb::new(Backend::Sqlite);
        let sqlite = open(&db);
        let (found, finds) = channel();
        let two = (0..2).map(|_| {
            let found = found.clone();
            sqlite.scan("alice", move |connection| {
                found.send(rows(connection)).unwrap();
                let began = Instant::now();
                while scan_is_wanted() && began.elapsed() < Duration::from_secs(5) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                found.send(rows(connection)).unwrap();
                Ok::<_, DbError>(())
            })
        });
        db.run(|c| {
            c.batch_execute("INSERT INTO owners VALUES ('alice', 1, 1, 0, 1, 0, NULL)").unwrap();
        });
        let mut two = Box::pin(futures_util::future::join_all(two));
        assert!(futures_util::future::poll_immediate(&mut two).await.is_none());
        let next = || finds.recv_timeout(Duration::from_secs(5)).unwrap();
        let busy = sqlite.scan("alice", |_| Ok(())).await;
        assert!(matches!(busy, Err(DbError::Busy)), "{busy:?}");
        assert_eq!((next(), next()), (1, 1));
        drop(two);
        assert_eq!((next(), next()), (0, 0), "a statement goes on for no client");
        // The thread is another scan's, or a read's, from now on.
        assert_eq!(sqlite.scan("alice", |c| Ok(rows(c))).await.unwrap(), 1);
        assert_eq!(sqlite.read(|c| Ok(rows(c))).await.unwrap(), 1);
    }
}

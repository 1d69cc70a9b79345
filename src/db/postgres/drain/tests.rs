use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::future::poll_immediate;

use super::LEAVES;
use crate::db::postgres::{Postgres, PostgresReader};
use crate::db::testing::{Backend, TestDb, apart, connect};
use crate::db::{Db, DbConnection, DbError, DbSettings};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Process {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Of so many connections, where statements may take long.
fn open(db: &TestDb, max_connections: u32) -> Postgres {
    let statement_timeout = Duration::from_secs(60);
    let settings =
        DbSettings { max_connections, statement_timeout, ..DbSettings::of(db.url.clone()) };
    match Db::connect(&settings).unwrap() {
        Db::Postgres(db) => db,
        Db::Sqlite(_) => panic!("PostgreSQL"),
    }
}

async fn execute(mut connection: &AsyncPgConnection, statement: &str) -> Result<(), DbError> {
    Ok(connection.batch_execute(statement).await?)
}

/// The process that serves a connection, and the connection's name.
async fn process(mut connection: &AsyncPgConnection) -> Result<(i64, String), DbError> {
    let query = diesel::sql_query(
        "SELECT pg_backend_pid()::bigint AS id, current_setting('application_name') AS name",
    );
    let processes: Vec<Process> = diesel_async::RunQueryDsl::load(query, &mut connection).await?;
    let process = processes.into_iter().next().unwrap();
    Ok((process.id, process.name))
}

fn number(db: &TestDb, query: &str) -> i64 {
    let query = diesel::sql_query(query);
    let row: Number = db.run(|c| match c {
        DbConnection::Postgres(c) => query.get_result(c).unwrap(),
        DbConnection::Sqlite(_) => panic!("PostgreSQL"),
    });
    row.number
}

/// How many statements of the server sleep, or wait for a lock.
fn sleeping(db: &TestDb) -> i64 {
    number(
        db,
        "SELECT count(*) AS number FROM pg_stat_activity WHERE state = 'active' \
         AND wait_event IN ('PgSleep', 'transactionid') AND datname = current_database()",
    )
}

/// Drops a request once so many statements sleep.
async fn hang_up<T>(db: &TestDb, sleepers: i64, request: impl Future<Output = T>) {
    let asleep = async {
        while sleeping(db) < sleepers {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    futures_util::future::select(std::pin::pin!(request), std::pin::pin!(asleep)).await;
}

#[actix_rt::test]
async fn a_statement_whose_client_has_hung_up_is_stopped_and_the_connection_used_again() {
    let db = TestDb::new(Backend::Postgres);
    let postgres = open(&db, 1);
    let first = postgres.run(None, process).await.unwrap();
    let sleep = async |c: &_| execute(c, "SELECT pg_sleep(60)").await;
    hang_up(&db, 1, postgres.run(None, sleep)).await;
    assert_eq!(postgres.run(None, process).await.unwrap(), first);
    assert_eq!(sleeping(&db), 0);
}

#[actix_rt::test]
async fn a_transaction_whose_client_has_hung_up_is_undone_and_the_connection_used_again() {
    let db = TestDb::new(Backend::Postgres);
    let postgres = open(&db, 1);
    let first = postgres.run(None, process).await.unwrap();
    let work = async |c: &_| {
        execute(c, "INSERT INTO owners VALUES ('alice', 1, 1, 1, 1, 0)").await?;
        execute(c, "SELECT pg_sleep(60)").await
    };
    hang_up(&db, 1, postgres.transaction(None, work)).await;
    assert_eq!(postgres.run(None, process).await.unwrap(), first);
    let again =
        async |c: &_| execute(c, "INSERT INTO owners VALUES ('alice', 1, 1, 1, 1, 0)").await;
    postgres.run(None, again).await.unwrap();
}

/// The server itself would do it as soon as the lock is free, though the connection is closed.
#[actix_rt::test]
async fn a_write_that_waits_is_not_done_after_its_client_has_hung_up() {
    let db = TestDb::new(Backend::Postgres);
    let postgres = open(&db, 1);
    let mut other = connect(&db.url);
    let lock = "INSERT INTO owners VALUES ('alice', 1, 1, 1, 1, 0); \
        BEGIN; UPDATE owners SET seq = 2";
    apart(|| other.batch_execute(lock).unwrap());
    let write = async |c: &_| execute(c, "UPDATE owners SET tasks = 99").await;
    hang_up(&db, 1, postgres.run(None, write)).await;
    postgres.run(None, process).await.unwrap();
    apart(|| other.batch_execute("COMMIT").unwrap());
    assert_eq!(number(&db, "SELECT tasks AS number FROM owners"), 1);
    apart(|| drop(other));
}

#[actix_rt::test]
async fn a_scan_counts_until_it_is_stopped_and_no_longer() {
    let db = TestDb::new(Backend::Postgres);
    let postgres = open(&db, 8);
    let sleep = async |c: &_| execute(c, "SELECT pg_sleep(60)").await;
    let both =
        futures_util::future::join(postgres.scan("alice", sleep), postgres.scan("alice", sleep));
    hang_up(&db, 2, both).await;
    let began = Instant::now();
    postgres.scan("alice", process).await.unwrap();
    assert!(sleeping(&db) < 2, "one has given its place away while it runs");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

/// Each time a prepared statement may stay on the server.
#[actix_rt::test]
async fn a_connection_that_was_left_often_is_replaced() {
    let db = TestDb::new(Backend::Postgres);
    let postgres = open(&db, 1);
    let first = postgres.run(None, process).await.unwrap();
    let mut left = 0;
    while postgres.run(None, process).await.unwrap() == first {
        // Until it has the connection and has asked.
        let (asked, is_asked) = tokio::sync::oneshot::channel();
        let leave = async |c: &_| {
            let mut question = Box::pin(execute(c, "SELECT pg_sleep(0.01)"));
            assert!(poll_immediate(&mut question).await.is_none());
            let _ = asked.send(());
            question.await
        };
        futures_util::future::select(std::pin::pin!(postgres.run(None, leave)), is_asked).await;
        left += 1;
        assert!(left <= LEAVES + 1, "it is used for ever");
    }
    assert!(left > 1, "it is not used again");
}

/// Without an answer for a second a worker's connection is replaced, but the answer is there.
#[actix_rt::test]
async fn a_read_whose_client_has_hung_up_does_not_cost_the_workers_connection() {
    let db = TestDb::new(Backend::Postgres);
    let reader = PostgresReader::new(&open(&db, 10));
    let own = loop {
        let found = reader.read("alice", process).await.unwrap();
        if found.1 == "taskbridge reads" {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(poll_immediate(std::pin::pin!(reader.read("alice", process))).await.is_none());
    // Longer than an answer may be missing.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(reader.read("alice", process).await.unwrap(), own);
}

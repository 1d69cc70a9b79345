//! What a page of the list costs: one user with 10,000 tasks among 1,000,000 in the table, the first
//! page against the hundredth, over HTTP, on SQLite and PostgreSQL.
//!
//! `make bench-paging` runs it. Both pages are asked for in turn, so that whatever else the machine does
//! meets them alike; the figure to look at is their ratio.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise and prints what it measured"
)]

#[path = "../tests/support/postgres.rs"]
mod postgres;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

const SECRET: &str = "a-secret-that-only-this-benchmark-knows";
const READER: &str = "reader";
const PAGE: usize = 100;
const PAGES: usize = 100;
const ROUNDS: usize = 300;
const SORTS: [&str; 5] = ["-created_at", "-updated_at", "title", "due_date", "priority"];

/// 990,000 tasks of 9,900 users and 10,000 of the reader's, mixed as time would mix them.
const FILL: &str = "INSERT INTO tasks (user_id, id, version, title, description, completed, priority, \
    tags, due_date, created_at, updated_at) \
    SELECT CASE WHEN n % 100 = 0 THEN 'reader' ELSE 'user' || (n % 9999) END, n, 1, \
    'Task ' || (n * 7919 % 1000003), 'A description of usual length for a task.', \
    (n / 100) % 3 = 0, (n / 100) % 3, '[]', \
    CASE WHEN n % 400 = 0 THEN NULL ELSE n END, n, n \
    FROM (WITH RECURSIVE numbers(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL \
    SELECT n + 1 FROM numbers WHERE n < 1000000) SELECT n FROM numbers) AS n";

fn main() {
    println!("page 1 against page {PAGES}, {PAGE} tasks each, {ROUNDS} rounds, microseconds");
    println!(
        "{:<10} {:<12} {:>22} {:>22} {:>7}",
        "database", "sort", "page 1", "page 100", "ratio"
    );
    let folder = tempfile::tempdir().unwrap();
    let sqlite = folder.path().join("tasks.db").to_str().unwrap().to_owned();
    measure("SQLite", &format!("sqlite://{sqlite}"), || {
        SqliteConnection::establish(&sqlite).unwrap()
    });
    let url = postgres::fresh_database();
    measure("PostgreSQL", &url, || PgConnection::establish(&url).unwrap());
}

fn measure<C: SimpleConnection>(name: &str, url: &str, connect: impl FnOnce() -> C) {
    assert!(taskbridge(url).arg("migrate").stderr(Stdio::null()).status().unwrap().success());
    let mut connection = connect();
    connection.batch_execute(FILL).unwrap();
    connection.batch_execute("ANALYZE").unwrap();
    drop(connection);
    let mut server = Server::start(url);
    for sort in SORTS {
        let first = format!("/api/{READER}/tasks?sort={sort}&limit={PAGE}");
        let mut last = first.clone();
        for page in 2..=PAGES {
            last = server.get(&last).1.unwrap_or_else(|| panic!("page {page} is missing"));
        }
        let (mut of_first, mut of_last) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            of_first.push(server.get(&first).0);
            of_last.push(server.get(&last).0);
        }
        let (of_first, of_last) = (Spread::of(of_first), Spread::of(of_last));
        let ratio = of_last.median / of_first.median;
        println!(
            "{name:<10} {sort:<12} {:>22} {:>22} {ratio:>7.2}",
            of_first.text(),
            of_last.text()
        );
    }
    server.stop();
}

/// Minimum, median and 95th percentile in microseconds.
struct Spread {
    minimum: f64,
    median: f64,
    high: f64,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |place: usize| times[place].as_secs_f64() * 1e6;
        let last = times.len() - 1;
        Self { minimum: at(0), median: at(last / 2), high: at(last * 95 / 100) }
    }

    fn text(&self) -> String {
        format!("{:.0} / {:.0} / {:.0}", self.minimum, self.median, self.high)
    }
}

fn taskbridge(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskbridge"));
    command
        .env_clear()
        .env("BETTER_AUTH_SECRET", SECRET)
        .env("DATABASE_URL", url)
        .env("PORT", "0")
        .env("RATE_LIMIT_PER_MINUTE", "0")
        .current_dir(std::env::temp_dir());
    command
}

/// The real program, and a client with the reader's token.
struct Server {
    child: Child,
    address: String,
    token: String,
    agent: ureq::Agent,
}

impl Server {
    fn start(url: &str) -> Self {
        let minted =
            taskbridge(url).args(["token", "mint", "--user", READER, "--ttl", "1h"]).output();
        let token = String::from_utf8(minted.unwrap().stdout).unwrap().trim().to_owned();
        let mut child =
            taskbridge(url).env("RUST_LOG", "info").stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "the server did not start");
            if let Some((_, rest)) = line.split_once("listening on http://") {
                break rest.split(',').next().unwrap().to_owned();
            }
        };
        // Somebody must read the access log, or the pipe fills and the server waits.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, address, token, agent: ureq::Agent::new_with_defaults() }
    }

    /// How long a whole page took, and where the next one is.
    fn get(&self, path: &str) -> (Duration, Option<String>) {
        let started = Instant::now();
        let mut response = self
            .agent
            .get(format!("http://{}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.token))
            .call()
            .unwrap();
        let body = response.body_mut().read_to_vec().unwrap();
        let took = started.elapsed();
        assert_eq!(body.iter().filter(|byte| **byte == b'{').count(), PAGE, "{path}");
        let link = response.headers().get("link").map(|link| link.to_str().unwrap());
        let next =
            link.and_then(|link| Some(link.strip_prefix('<')?.split_once('>')?.0.to_owned()));
        (took, next)
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

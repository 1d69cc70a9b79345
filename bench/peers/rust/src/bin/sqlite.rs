//! SQLite without a server: the statements that the program runs, prepared once, on one connection and
//! one thread, with the same durability. What it reaches is the most that the database can give.
//!
//! `sqlite FILE TURNS SECONDS PREFIX USERS FIRST TASKS GROUP`: TURNS says what is done again and again, as
//! `list,list,create`. Users are called PREFIX and a number from FIRST on, with TASKS tasks each. Where anything
//! writes, GROUP turns are run together: first what reads, then what writes, in one transaction. Prints the
//! number of rows or lists read or written, the seconds it took, and the 50th and 99th percentile of what is run
//! together in microseconds.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Error, Row, Statement, params};

const COLUMNS: &str = "user_id, id, version, title, description, completed, priority, tags, due_date, \
    created_at, updated_at";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Get,
    Toggle,
    Create,
}

use Kind::{Create, Get, List, Toggle};

impl Kind {
    const ALL: [Self; 4] = [List, Get, Toggle, Create];

    fn parse(name: &str) -> Self {
        match name {
            "list" => List,
            "get" => Get,
            "toggle" => Toggle,
            "create" => Create,
            other => panic!("{other} is no workload"),
        }
    }

    fn writes(self) -> bool {
        matches!(self, Toggle | Create)
    }

    fn sql(self) -> String {
        match self {
            // One more than is shown, as the program asks, to know whether there is a next page.
            List => format!(
                "SELECT {COLUMNS} FROM tasks WHERE user_id = ?1 ORDER BY created_at DESC, id DESC LIMIT 11"
            ),
            Get => format!("SELECT {COLUMNS} FROM tasks WHERE user_id = ?1 AND id = ?2"),
            Toggle => format!(
                "UPDATE tasks SET completed = NOT completed, version = version + 1, updated_at = ?3 \
                 WHERE user_id = ?1 AND id = ?2 RETURNING {COLUMNS}"
            ),
            Create => format!(
                "INSERT INTO tasks ({COLUMNS}) VALUES (?1, ?2, 1, ?3, ?4, 0, 1, '[]', NULL, ?5, ?5) RETURNING {COLUMNS}"
            ),
        }
    }
}

struct Bench {
    connection: Connection,
    prefix: String,
    first: u64,
    users: u64,
    tasks: u64,
}

impl Bench {
    fn user(&self) -> (u64, String) {
        let number = self.first + fastrand::u64(..self.users);
        (number, format!("{}{number}", self.prefix))
    }

    fn task(&self) -> (String, i64) {
        let (number, user) = self.user();
        (user, i64::try_from(number * self.tasks + fastrand::u64(..self.tasks)).unwrap_or_default())
    }

    fn run(&self, kind: Kind, statement: &mut Statement<'_>) -> Result<(), Error> {
        match kind {
            List => self.list(statement),
            Get => self.one(statement),
            Toggle => self.toggle(statement),
            Create => self.create(statement),
        }
    }

    fn list(&self, statement: &mut Statement<'_>) -> Result<(), Error> {
        let mut rows = statement.query(params![self.user().1])?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            std::hint::black_box(read(row)?);
            found += 1;
        }
        assert!(found >= 10, "a list of {found} tasks");
        Ok(())
    }

    fn one(&self, statement: &mut Statement<'_>) -> Result<(), Error> {
        let (user, id) = self.task();
        std::hint::black_box(statement.query_row(params![user, id], read)?);
        Ok(())
    }

    fn toggle(&self, statement: &mut Statement<'_>) -> Result<(), Error> {
        let (user, id) = self.task();
        std::hint::black_box(statement.query_row(params![user, id, now()], read)?);
        Ok(())
    }

    fn create(&self, statement: &mut Statement<'_>) -> Result<(), Error> {
        let now = now();
        let id = fastrand::i64(1 << 40..1 << 52);
        let values =
            params![self.user().1, id, "A task made by the benchmark", "What it is about", now];
        std::hint::black_box(statement.query_row(values, read)?);
        Ok(())
    }
}

type Task = (String, i64, i64, String, Option<String>, bool, i64, String, Option<i64>, i64, i64);

fn read(row: &Row<'_>) -> Result<Task, Error> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
        row.get(9)?,
        row.get(10)?,
    ))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or_default()
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, turns, seconds, prefix, users, first, tasks, group] = &arguments[..] else {
        panic!("usage: sqlite FILE TURNS SECONDS PREFIX USERS FIRST TASKS GROUP");
    };
    let number =
        |text: &String| text.parse::<u64>().unwrap_or_else(|_| panic!("{text} is no number"));
    let connection = Connection::open(file)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
    )?;
    let bench = Bench {
        connection,
        prefix: prefix.clone(),
        first: number(first),
        users: number(users),
        tasks: number(tasks),
    };
    let turns: Vec<Kind> = turns.split(',').map(Kind::parse).collect();
    let group = if turns.iter().any(|kind| kind.writes()) { number(group) } else { 1 };
    let mut turns = turns.into_iter().cycle();
    // In the order of `Kind`, so that a kind is its statement's index.
    let sql = Kind::ALL.map(Kind::sql);
    let mut statements =
        sql.iter().map(|sql| bench.connection.prepare(sql)).collect::<Result<Vec<_>, _>>()?;
    let mut run = |kind: Kind| bench.run(kind, &mut statements[kind as usize]);
    let duration = Duration::from_secs_f64(seconds.parse().unwrap_or(1.0));
    let (started, mut done, mut times) = (Instant::now(), 0_u64, Vec::new());
    let mut writing = Vec::new();
    while started.elapsed() < duration {
        let began = Instant::now();
        writing.clear();
        for _ in 0..group {
            match turns.next() {
                Some(kind) if kind.writes() => writing.push(kind),
                Some(kind) => run(kind)?,
                None => return Ok(()),
            }
        }
        if !writing.is_empty() {
            bench.connection.execute_batch("BEGIN IMMEDIATE")?;
            writing.iter().copied().try_for_each(&mut run)?;
            bench.connection.execute_batch("COMMIT")?;
        }
        times.push(began.elapsed().as_micros());
        done += group;
    }
    let took = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("{done} {took:.6} {} {}", at(50), at(99));
    Ok(())
}

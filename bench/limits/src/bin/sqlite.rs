//! SQLite without a server: prepared statements on the tables of the program, on one connection and one thread, with the
//! same durability. What it reaches is the most that the database can give.
//!
//! `sqlite FILE TURNS SECONDS PREFIX USERS FIRST TASKS GROUP`: TURNS says what is done again and again, as
//! `list,list,create`. Users are called PREFIX and a number from FIRST on, with TASKS tasks each. If there is a write
//! among them, GROUP turns are run together: first what reads, then what writes, in one transaction. Prints the
//! number of turns, the seconds they took, and the 50th and 99th percentile of what is run together in microseconds.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, Error, Row, Statement, params};

const COLUMNS: &str = "user_id, id, seq, title, description, completed, priority, tags, due_date, created_at, updated_at";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Get,
    Toggle,
    Create,
}

impl Kind {
    fn parse(name: &str) -> Self {
        match name {
            "list" => Self::List,
            "get" => Self::Get,
            "toggle" => Self::Toggle,
            "create" => Self::Create,
            other => panic!("{other} is no workload"),
        }
    }

    fn writes(self) -> bool {
        matches!(self, Self::Toggle | Self::Create)
    }
}

/// Every write takes its `seq` from the user's row first.
struct Statements<'a> {
    list: Statement<'a>,
    get: Statement<'a>,
    next: Statement<'a>,
    toggle: Statement<'a>,
    next_id: Statement<'a>,
    create: Statement<'a>,
}

impl<'a> Statements<'a> {
    fn prepare(connection: &'a Connection) -> Result<Self, Error> {
        let prepare = |sql: &str| connection.prepare(&sql.replace("COLUMNS", COLUMNS));
        Ok(Self {
            // One more than is shown tells whether there is a next page.
            list: prepare(
                "SELECT COLUMNS FROM tasks WHERE user_id = ?1 ORDER BY id DESC LIMIT 11",
            )?,
            get: prepare("SELECT COLUMNS FROM tasks WHERE user_id = ?1 AND id = ?2")?,
            next: prepare("UPDATE owners SET seq = seq + 1 WHERE user_id = ?1 RETURNING seq")?,
            toggle: prepare(
                "UPDATE tasks SET completed = NOT completed, seq = ?3, updated_at = ?4 \
                 WHERE user_id = ?1 AND id = ?2 RETURNING COLUMNS",
            )?,
            next_id: prepare(
                "INSERT INTO owners (user_id, seq, last_id, tasks, epoch) VALUES (?1, 1, ?2, 1, ?2) \
                 ON CONFLICT (user_id) DO UPDATE SET seq = seq + 1, last_id = max(excluded.last_id, last_id + 1), \
                 tasks = tasks + 1 RETURNING seq, last_id",
            )?,
            create: prepare(
                "INSERT INTO tasks (COLUMNS) VALUES (?1, ?2, ?3, ?4, ?5, 0, 1, '[]', NULL, ?6, ?6) RETURNING COLUMNS",
            )?,
        })
    }
}

/// Who has which tasks.
struct Users {
    prefix: String,
    first: u64,
    count: u64,
    tasks: u64,
}

impl Users {
    fn any(&self) -> String {
        format!("{}{}", self.prefix, self.first + fastrand::u64(..self.count))
    }

    fn any_task(&self) -> (String, i64) {
        let number = fastrand::u64(..self.count);
        let id = fastrand::u64(..self.tasks) * self.count + number + 1;
        (format!("{}{}", self.prefix, self.first + number), i64::try_from(id).unwrap_or_default())
    }
}

fn run(kind: Kind, users: &Users, statements: &mut Statements<'_>) -> Result<(), Error> {
    match kind {
        Kind::List => {
            let found = all(&mut statements.list, params![users.any()], read)?;
            assert!(found >= 10, "a list of {found} tasks");
        }
        Kind::Get => {
            let (user, id) = users.any_task();
            assert_eq!(all(&mut statements.get, params![user, id], read)?, 1);
        }
        Kind::Toggle => {
            let (user, id) = users.any_task();
            let mut seq = 0;
            all(&mut statements.next, params![user], |row| {
                row.get(0).map(|found: i64| seq = found)
            })?;
            assert_eq!(all(&mut statements.toggle, params![user, id, seq, now()], read)?, 1);
        }
        Kind::Create => {
            let (user, now, mut next) = (users.any(), now(), (0, 0));
            all(&mut statements.next_id, params![user, now], |row| {
                next = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
                Ok(())
            })?;
            let (title, about) = ("A task made by the benchmark", "What it is about");
            let values = params![user, next.1, next.0, title, about, now];
            assert_eq!(all(&mut statements.create, values, read)?, 1);
        }
    }
    Ok(())
}

/// Reads every row, as a write with RETURNING needs it, and says how many there were.
fn all(
    statement: &mut Statement<'_>,
    values: &[&dyn rusqlite::ToSql],
    mut take: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<usize, Error> {
    let (mut rows, mut found) = (statement.query(values)?, 0);
    while let Some(row) = rows.next()? {
        take(row)?;
        found += 1;
    }
    Ok(found)
}

type Task = (String, i64, i64, String, Option<String>, bool, i64, String, Option<i64>, i64, i64);

fn read(row: &Row<'_>) -> Result<(), Error> {
    let task: Task = row.try_into()?;
    std::hint::black_box(task);
    Ok(())
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
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;",
    )?;
    let users = Users {
        prefix: prefix.clone(),
        first: number(first),
        count: number(users),
        tasks: number(tasks),
    };
    let turns: Vec<Kind> = turns.split(',').map(Kind::parse).collect();
    let group = if turns.iter().any(|kind| kind.writes()) { number(group) } else { 1 };
    let mut turns = turns.into_iter().cycle();
    let mut statements = Statements::prepare(&connection)?;
    let duration = Duration::from_secs_f64(seconds.parse().unwrap_or(1.0));
    let (started, mut done, mut times) = (Instant::now(), 0_u64, Vec::new());
    let mut writing = Vec::new();
    while started.elapsed() < duration {
        let began = Instant::now();
        writing.clear();
        for _ in 0..group {
            match turns.next() {
                Some(kind) if kind.writes() => writing.push(kind),
                Some(kind) => run(kind, &users, &mut statements)?,
                None => return Ok(()),
            }
        }
        if !writing.is_empty() {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for kind in &writing {
                run(*kind, &users, &mut statements)?;
            }
            connection.execute_batch("COMMIT")?;
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

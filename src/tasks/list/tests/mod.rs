//! The list's contract on a real SQLite file and a real PostgreSQL: order and choice against a plain
//! reference in memory, pages, and the plans of the statements.

mod choice;
mod cursors;
mod order;
mod page;
mod params;
mod plans;
mod tags;

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Text};

use super::filter::TaskFilter;
use super::sort::{Direction, Sort, SortKey};
use super::statement;
use crate::auth::OwnerId;
use crate::db::testing::TestDb;
use crate::db::{DbConnection, Timestamp};
use crate::tasks::model::{NewTask, Task};
use crate::tasks::priority::Priority;
use crate::tasks::repository;
use crate::tasks::tags::Tags;

/// More than any test stores.
const ALL: i64 = 10_000;

const WORDS: [&str; 8] = ["milk", "Milk", "100%", "a_b", "Éclair", "zebra", "\\", "milkman"];

fn alice() -> OwnerId {
    OwnerId::for_tests("alice")
}

fn every_sort() -> impl Iterator<Item = Sort> {
    SortKey::ALL.into_iter().flat_map(|key| {
        [Direction::Ascending, Direction::Descending].map(|direction| Sort { key, direction })
    })
}

/// A random generator whose seed is shown when the test fails.
fn random(seed: u64) -> fastrand::Rng {
    println!("seed {seed}");
    fastrand::Rng::with_seed(seed)
}

/// Tasks with many equal keys, so that every tie and every empty value comes up.
fn stored_tasks(db: &TestDb, number: usize) -> Vec<Task> {
    let mut random = random(7);
    let mut any = |from: &[&str]| from[random.usize(..from.len())].to_owned();
    for index in 0..number {
        let tags: Vec<String> = match index % 3 {
            0 => vec![],
            1 => vec![any(&["home", "work"])],
            _ => vec!["home".to_owned(), any(&["work", "Home", "a,b"])],
        };
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let new = NewTask {
            title: format!("{} {}", any(&WORDS), any(&WORDS)),
            description: (index % 4 == 0).then(|| any(&WORDS)),
            completed: index % 5 == 0,
            priority: [Priority::Low, Priority::Medium, Priority::High][index % 3],
            tags: Tags::from_checked(&tags),
            due_date: (index % 4 != 1)
                .then(|| Timestamp::parse(&format!("2026-11-{:02}", 1 + index % 9)).unwrap()),
        };
        for owner in [alice(), OwnerId::for_tests("mallory")] {
            db.run(|c| repository::insert(c, &owner, &new)).unwrap();
        }
    }
    // Equal times, which no clock would give.
    let rounded = "UPDATE tasks SET created_at = created_at / 5000 * 5000, updated_at = id % 7";
    db.run(|c| match c {
        DbConnection::Sqlite(c) => diesel::sql_query(rounded).execute(c),
        DbConnection::Postgres(c) => diesel::sql_query(rounded).execute(c),
    })
    .unwrap();
    let everything = TaskFilter::default();
    db.run(|c| statement::page(c, &alice(), &everything, Sort::DEFAULT, None, ALL)).unwrap()
}

/// The tags of a task as their order in the row says.
fn tags_of(task: &Task) -> Vec<String> {
    serde_json::from_value(serde_json::to_value(&task.tags).unwrap()).unwrap()
}

#[derive(Debug, PartialEq, Eq, diesel::QueryableByName)]
struct IndexedTag {
    #[diesel(sql_type = BigInt)]
    task_id: i64,
    #[diesel(sql_type = Text)]
    tag: String,
}

//! The list's contract on a real SQLite file and a real PostgreSQL: order and choice against a plain
//! reference in memory, pages, and the plans of the statements.

mod choice;
mod cursors;
mod order;
mod page;
mod params;

use diesel::connection::SimpleConnection;

use super::filter::TaskFilter;
use super::params::ListParams;
use super::sort::{Direction, Sort, SortKey};
use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::db::testing::TestDb;
use crate::tasks::store::{Created, TaskStore};
use crate::tasks::task::model::{NewTask, Task};
use crate::tasks::task::priority::Priority;
use crate::tasks::task::tags::Tags;

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

/// Tasks with many equal keys, so that every tie and every empty value comes up; in the order they were made.
pub(super) fn new_tasks(number: usize) -> Vec<NewTask> {
    let mut random = random(7);
    let mut any = |from: &[&str]| from[random.usize(..from.len())].to_owned();
    let mut make = |index: usize| {
        let tags: Vec<String> = match index % 3 {
            0 => vec![],
            1 => vec![any(&["home", "work"])],
            _ => vec!["home".to_owned(), any(&["work", "Home", "a,b"])],
        };
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        NewTask {
            title: format!("{} {}", any(&WORDS), any(&WORDS)),
            description: index.is_multiple_of(4).then(|| any(&WORDS)),
            completed: index.is_multiple_of(5),
            priority: [Priority::Low, Priority::Medium, Priority::High][index % 3],
            tags: Tags::from_checked(&tags),
            due_date: (index % 4 != 1)
                .then(|| Timestamp::parse(&format!("2026-11-{:02}", 1 + index % 9)).unwrap()),
        }
    };
    (0..number).map(&mut make).collect()
}

/// Every task of alice, who has a neighbour with the same ones; newest first.
async fn stored_tasks(db: &TestDb, store: &TaskStore, number: usize) -> Vec<Task> {
    for new in new_tasks(number) {
        for owner in [alice(), OwnerId::for_tests("mallory")] {
            let created = store.create(&owner, new.clone()).await.unwrap();
            assert!(matches!(created, Created::Task(_)), "{created:?}");
        }
    }
    // Equal times, which no clock would give.
    db.run(|c| c.batch_execute("UPDATE tasks SET updated_at = id % 7").unwrap());
    every(store, Sort::DEFAULT).await
}

fn params(sort: Sort, filter: TaskFilter, limit: i64) -> ListParams {
    ListParams { filter, sort, limit, after: None, include_total: false }
}

async fn every(store: &TaskStore, sort: Sort) -> Vec<Task> {
    store.list(&alice(), &params(sort, TaskFilter::default(), ALL)).await.unwrap().tasks
}

/// The tags of a task as their order in the row says.
fn tags_of(task: &Task) -> Vec<String> {
    serde_json::from_str(task.tags.as_json()).unwrap()
}

//! What must hold for everything that a client sends to the operations on tasks. Compiled for the targets of `fuzz/`
//! only (`--cfg fuzzing`), so that the library's public interface stays as it is.

use super::list::filter::TaskFilter;
use super::list::matching::Matcher;
use super::request::body::TaskBody;
use super::response::json;
use super::task::id::TaskId;
use super::task::model::{NewTask, Task};
use super::task::priority::Priority;
use super::task::tags::Tags;
use crate::db::Timestamp;
use crate::http::extract::parse;

pub use super::list::fuzzing::{cursor, list_query};

/// Any bytes as a task's body: every fault is named, or what comes out as JSON and is sent back makes the same task.
pub fn task_body(body: &[u8]) {
    let Ok(body) = parse::<TaskBody>(body, true) else { return };
    match (body.new_task(), body.changes()) {
        (Err(faults), _) => assert!(!faults.is_empty()),
        (Ok(_), Err(faults)) => panic!("a new task is accepted, its members are not: {faults:?}"),
        (Ok(new), Ok(changes)) => {
            assert_eq!(changes.title.as_ref(), Some(&new.title));
            for text in [Some(&new.title), new.description.as_ref()].into_iter().flatten() {
                assert!(!text.contains('\0') && text.chars().count() <= 1000);
            }
            let sent_back = json::of_task(&stored(new.clone()));
            let again = parse::<TaskBody>(&sent_back, true).ok();
            assert_eq!(again.map(|body| body.new_task()), Some(Ok(new)));
        }
    }
}

/// A filter finds the task that has all its tags, and its search text as the title.
pub(super) fn finds_itself(filter: &TaskFilter) {
    let tags: Vec<&str> = filter.tags.iter().map(String::as_str).collect();
    let task = NewTask {
        title: filter.search.clone().unwrap_or_default(),
        description: None,
        completed: false,
        priority: Priority::default(),
        tags: Tags::from_checked(&tags),
        due_date: None,
    };
    assert!(Matcher::of(filter).is_none_or(|matcher| matcher.matches(&stored(task))));
}

/// The greatest id of a task: what every cursor and row may hold.
pub(super) fn id() -> TaskId {
    TaskId::parse("9007199254740991").unwrap_or_else(|_| panic!("a valid id"))
}

fn stored(new: NewTask) -> Task {
    let NewTask { title, description, completed, priority, tags, due_date } = new;
    let (user_id, id, seq, at) = ("alice".to_owned(), id(), 1, Timestamp::from_micros(0));
    Task {
        user_id,
        id,
        seq,
        title,
        description,
        completed,
        priority,
        tags,
        due_date,
        created_at: at,
        updated_at: at,
    }
}

//! Tasks as JSON (RFC 8259), written straight into the answer. The members are always the same, so nothing
//! is looked up while they are written; the tests hold the bytes to those of `serde_json`.

use super::shape::TaskResponse;
use crate::db::Timestamp;
use crate::tasks::task::model::Task;

/// What one task takes beside its texts: names, punctuation, two numbers and three moments.
const FRAME_BYTES: usize = 280;

/// What a task of middling size takes. Room that is too small grows while it is filled.
const TASK_BYTES: usize = 400;

/// One task.
pub(in crate::tasks) fn of_task(task: &Task) -> Vec<u8> {
    let task = task.into();
    let mut out = Vec::with_capacity(bytes_of(&task));
    write_task(&mut out, &task);
    out
}

/// An array of tasks.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::tasks) enum List {
    /// All of them.
    Whole(Vec<u8>),
    /// The first ones, without the closing bracket, and how many: all would be too long.
    Beginning(Vec<u8>, usize),
}

/// An array of tasks, or its first `beginning` bytes and a little more where the whole has more than `most`.
pub(in crate::tasks) fn of_tasks(tasks: &[Task], most: usize, beginning: usize) -> List {
    let mut out = Vec::with_capacity((tasks.len() * TASK_BYTES + 2).min(most));
    out.push(b'[');
    let first = write_some(&mut out, tasks, beginning);
    let beginning = out.len();
    let rest = tasks.get(first..).unwrap_or_default();
    if !rest.is_empty() {
        out.push(b',');
        if write_some(&mut out, rest, most) < rest.len() || out.len() >= most {
            out.truncate(beginning);
            out.shrink_to_fit();
            return List::Beginning(out, first);
        }
    }
    out.push(b']');
    List::Whole(out)
}

/// Appends tasks with commas between them until there are so many bytes, but one task at least. Returns how many.
pub(in crate::tasks) fn write_some(out: &mut Vec<u8>, tasks: &[Task], enough: usize) -> usize {
    for (index, task) in tasks.iter().enumerate() {
        if index > 0 {
            if out.len() >= enough {
                return index;
            }
            out.push(b',');
        }
        write_task(out, &task.into());
    }
    tasks.len()
}

fn write_task(out: &mut Vec<u8>, task: &TaskResponse<'_>) {
    out.extend_from_slice(b"{\"id\":");
    out.extend_from_slice(itoa::Buffer::new().format(task.id.to_i64()).as_bytes());
    out.extend_from_slice(b",\"user_id\":");
    write_string(out, task.user_id);
    out.extend_from_slice(b",\"title\":");
    write_string(out, task.title);
    out.extend_from_slice(b",\"description\":");
    match task.description {
        Some(text) => write_string(out, text),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(match task.completed {
        true => b",\"completed\":true,\"priority\":\"".as_slice(),
        false => b",\"completed\":false,\"priority\":\"",
    });
    out.extend_from_slice(task.priority.as_str().as_bytes());
    out.extend_from_slice(b"\",\"tags\":");
    out.extend_from_slice(task.tags.as_json().as_bytes());
    out.extend_from_slice(b",\"due_date\":");
    match task.due_date {
        Some(moment) => write_moment(out, moment),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"created_at\":");
    write_moment(out, task.created_at);
    out.extend_from_slice(b",\"updated_at\":");
    write_moment(out, task.updated_at);
    out.extend_from_slice(b",\"version\":");
    out.extend_from_slice(itoa::Buffer::new().format(task.version).as_bytes());
    out.push(b'}');
}

/// Room enough unless many characters need an escape.
fn bytes_of(task: &TaskResponse<'_>) -> usize {
    let description = task.description.map_or(0, str::len);
    FRAME_BYTES + task.user_id.len() + task.title.len() + description + task.tags.as_json().len()
}

fn write_moment(out: &mut Vec<u8>, moment: Timestamp) {
    out.push(b'"');
    out.extend_from_slice(moment.rfc3339().as_bytes());
    out.push(b'"');
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Writing a string into memory does not fail.
        serde_json::to_writer(out, text).unwrap_or_default();
    }
}

/// Whether nothing in it needs an escape (section 7). It looks at every byte without leaving early, which
/// a processor does for many bytes at once.
fn is_plain(text: &str) -> bool {
    let needs_escape = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    !text.bytes().fold(false, |found, byte| found | needs_escape(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{List, of_task, of_tasks, write_some};
    use crate::db::Timestamp;
    use crate::tasks::response::shape::TaskResponse;
    use crate::tasks::task::id::TaskId;
    use crate::tasks::task::model::Task;
    use crate::tasks::task::priority::Priority;
    use crate::tasks::task::tags::Tags;

    fn moment() -> impl Strategy<Value = Timestamp> {
        (-62_167_219_200_000_000_i64..253_402_300_800_000_000).prop_map(Timestamp::from_micros)
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[ -~]{0,60}", "[\u{0}-\u{7f}é\u{2028}😀]{0,40}"]
    }

    prop_compose! {
        fn task()(
            user_id in text(),
            id in 1..=9_007_199_254_740_991_i64,
            title in text(),
            description in proptest::option::of(text()),
            completed in any::<bool>(),
            priority in prop_oneof![Just(Priority::Low), Just(Priority::Medium), Just(Priority::High)],
            tags in proptest::collection::vec(text(), 0..4),
            due_date in proptest::option::of(moment()),
            created_at in moment(),
            updated_at in moment(),
        ) -> Task {
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            let id = TaskId::parse(&id.to_string()).unwrap();
            let tags = Tags::from_checked(&tags);
            Task {
                user_id, id, seq: 1, title, description, completed, priority, tags, due_date, created_at,
                updated_at,
            }
        }
    }

    proptest! {
        #[test]
        fn every_task_is_written_as_serde_json_does(task in task()) {
            let expected = serde_json::to_string(&TaskResponse::from(&task)).unwrap();
            prop_assert_eq!(String::from_utf8(of_task(&task)).unwrap(), expected);
        }

        #[test]
        fn so_is_every_list(tasks in proptest::collection::vec(task(), 0..5)) {
            let shapes: Vec<TaskResponse<'_>> = tasks.iter().map(TaskResponse::from).collect();
            let expected = serde_json::to_string(&shapes).unwrap();
            let List::Whole(bytes) = of_tasks(&tasks, usize::MAX, 0) else { panic!("it is short") };
            prop_assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        }

        #[test]
        fn a_long_list_begins_as_the_whole_does(
            tasks in proptest::collection::vec(task(), 1..9),
            beginning in 0..2_000_usize,
            more in 0..2_000_usize,
        ) {
            let List::Whole(whole) = of_tasks(&tasks, usize::MAX, 0) else { panic!("it is short") };
            match of_tasks(&tasks, beginning + more, beginning) {
                List::Whole(same) => prop_assert_eq!(same, whole),
                List::Beginning(bytes, first) => {
                    let mut out = bytes;
                    out.push(b',');
                    write_some(&mut out, &tasks[first..], usize::MAX);
                    out.push(b']');
                    prop_assert_eq!(out, whole);
                }
            }
        }
    }
}

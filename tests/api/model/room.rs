//! How many tasks a user may have, while several threads make and delete them. The exact number at a
//! moment is unknown, but each answer can be held against the least and the most that it may have been.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::Answer;

/// `MAX_TASKS_PER_USER` of the test.
pub const LIMIT: usize = 200;

/// Counts what has begun and what has ended. Each number only grows.
#[derive(Default)]
pub struct Room {
    creates_begun: AtomicUsize,
    created: AtomicUsize,
    creates_refused: AtomicUsize,
    deletes_begun: AtomicUsize,
    deleted: AtomicUsize,
}

fn add(number: &AtomicUsize, count: usize) {
    number.fetch_add(count, Ordering::SeqCst);
}

fn get(number: &AtomicUsize) -> usize {
    number.load(Ordering::SeqCst)
}

impl Room {
    /// Makes a task; `None` when it is refused. A refusal is right only when there may have been as many
    /// tasks as allowed, a success only when there may have been fewer.
    pub fn create(&self, create: impl FnOnce() -> Answer) -> Option<Answer> {
        let (refused, deleted) = (get(&self.creates_refused), get(&self.deleted));
        let created = get(&self.created);
        add(&self.creates_begun, 1);
        let answer = create();
        if answer.status == 409 {
            // Without this one, which was not made.
            let most = get(&self.creates_begun) - 1 - refused - deleted;
            assert!(most >= LIMIT, "refused with at most {most} tasks: {answer:?}");
            assert_eq!(answer.code(), "task_limit_reached", "{answer:?}");
            add(&self.creates_refused, 1);
            return None;
        }
        let answer = answer.expect(201);
        let least = created.saturating_sub(get(&self.deletes_begun));
        assert!(least < LIMIT, "made though there were {least} tasks: {answer:?}");
        add(&self.created, 1);
        Some(answer)
    }

    /// Deletes a task.
    pub fn delete(&self, delete: impl FnOnce() -> Answer) {
        add(&self.deletes_begun, 1);
        delete();
        add(&self.deleted, 1);
    }

    /// So many tasks have been deleted at once, while nothing else happened.
    pub fn cleared(&self, tasks: usize) {
        add(&self.deletes_begun, tasks);
        add(&self.deleted, tasks);
    }
}

//! One page of a list, and how it is put together from rows.

use super::matching::Matcher;
use super::params::ListParams;
use super::position::Position;
use crate::tasks::task::model::Task;
use crate::tasks::task::owner_state::OwnerState;

/// What an answer to a list says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tasks) struct Page {
    /// The tasks, in their order.
    pub(in crate::tasks) tasks: Vec<Task>,
    /// After which position the next page begins, while there is one.
    pub(in crate::tasks) next: Option<Position>,
    /// How many tasks there are in all, if that was asked.
    pub(in crate::tasks) total: Option<i64>,
    /// Of the owner, when or before the tasks were read.
    pub(in crate::tasks) state: OwnerState,
}

impl Page {
    /// Of the tasks from its beginning on, one more than it shows where there are so many.
    pub(in crate::tasks) fn of(
        mut tasks: Vec<Task>,
        params: &ListParams,
        state: OwnerState,
    ) -> Self {
        let shown = usize::try_from(params.limit).unwrap_or(usize::MAX);
        let has_more = tasks.len() > shown;
        tasks.truncate(shown);
        let last = tasks.last().filter(|_| has_more);
        let next = last.map(|task| Position::of(task, params.sort.key));
        Self { tasks, next, total: None, state }
    }
}

/// Rows that are matched one by one until a page is full.
pub(in crate::tasks) struct Scan<'a> {
    matcher: Matcher<'a>,
    wanted: usize,
    counts: bool,
    found: i64,
    tasks: Vec<Task>,
}

impl<'a> Scan<'a> {
    /// For this many tasks; with `counts` it goes on to the last row.
    pub(in crate::tasks) fn new(matcher: Matcher<'a>, wanted: i64, counts: bool) -> Self {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        Self { matcher, wanted, counts, found: 0, tasks: Vec::new() }
    }

    /// Looks at a row. Returns whether there is any use in another one.
    pub(in crate::tasks) fn take(&mut self, task: Task) -> bool {
        if self.matcher.matches(&task) {
            self.found += 1;
            if self.tasks.len() < self.wanted {
                self.tasks.push(task);
            }
        }
        self.counts || self.tasks.len() < self.wanted
    }

    /// The tasks that match, and how many rows matched in all.
    pub(in crate::tasks) fn finish(self) -> (Vec<Task>, i64) {
        (self.tasks, self.found)
    }
}

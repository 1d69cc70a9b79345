//! The statements of a connection that wait for an answer. Answers come in the order of the statements.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How many statements may wait for an answer at a time.
const DEPTH: u64 = 256;

/// How many statements were sent, and how many of them are answered. A request that is given up leaves its
/// statement unanswered, until a later answer shows that it was.
#[derive(Debug)]
pub(super) struct InFlight {
    sent: Cell<u64>,
    answered: Cell<u64>,
    /// How many requests wait for an answer: one whose client has hung up does not, and misses none.
    waiting: Cell<u64>,
    last_answer: Cell<Instant>,
    /// When answers are missing for longer, no further statement is sent.
    standstill: Duration,
}

impl InFlight {
    pub(super) fn new(now: Instant, standstill: Duration) -> Self {
        let (sent, answered, waiting) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self { sent, answered, waiting, last_answer: Cell::new(now), standstill }
    }

    fn unanswered(&self) -> u64 {
        self.sent.get() - self.answered.get()
    }

    /// Whether an answer that a request waits for has been missing for longer than this.
    pub(super) fn stands_still(&self, now: Instant, limit: Duration) -> bool {
        self.unanswered() > 0
            && self.waiting.get() > 0
            && now.duration_since(self.last_answer.get()) > limit
    }

    /// Whether nothing was sent for so long, and nothing waits for an answer.
    pub(super) fn is_idle(&self, now: Instant, limit: Duration) -> bool {
        self.unanswered() == 0 && now.duration_since(self.last_answer.get()) > limit
    }

    /// The number of a statement that may be sent now; `None` when too many wait or answers are missing.
    pub(super) fn enter(&self, now: Instant) -> Option<u64> {
        let unanswered = self.unanswered();
        if unanswered >= DEPTH || self.stands_still(now, self.standstill) {
            return None;
        }
        if unanswered == 0 || self.waiting.get() == 0 {
            self.last_answer.set(now);
        }
        self.waiting.set(self.waiting.get() + 1);
        self.sent.set(self.sent.get() + 1);
        Some(self.sent.get())
    }

    /// Notes that a request waits no longer, whether or not it has its answer.
    pub(super) fn leave(&self) {
        self.waiting.set(self.waiting.get().saturating_sub(1));
    }

    /// Notes the answer to a statement, and with it to all before.
    pub(super) fn answered(&self, number: u64, now: Instant) {
        self.answered.set(number.max(self.answered.get()));
        self.last_answer.set(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDSTILL: Duration = Duration::from_millis(25);

    #[test]
    fn no_more_statements_wait_than_allowed() {
        let now = Instant::now();
        let statements = InFlight::new(now, STANDSTILL);
        for number in 1..=DEPTH {
            assert_eq!(statements.enter(now), Some(number));
        }
        assert_eq!(statements.enter(now), None);
        statements.answered(1, now);
        assert_eq!(statements.enter(now), Some(DEPTH + 1));
        assert_eq!(statements.enter(now), None);
    }

    #[test]
    fn nothing_is_sent_while_answers_are_missing() {
        let now = Instant::now();
        let statements = InFlight::new(now, STANDSTILL);
        let later = now + 2 * STANDSTILL;
        assert_eq!(statements.enter(later), Some(1), "nothing was asked before");
        assert_eq!(statements.enter(later + STANDSTILL), Some(2));
        assert_eq!(statements.enter(later + 2 * STANDSTILL), None);
        assert!(statements.stands_still(later + 2 * STANDSTILL, STANDSTILL));
        statements.answered(1, later + 2 * STANDSTILL);
        assert_eq!(statements.enter(later + 3 * STANDSTILL), Some(3));
    }

    #[test]
    fn an_answer_that_no_request_waits_for_is_not_missing() {
        let now = Instant::now();
        let statements = InFlight::new(now, STANDSTILL);
        assert_eq!(statements.enter(now), Some(1));
        statements.leave();
        let later = now + 2 * STANDSTILL;
        assert!(!statements.stands_still(later, STANDSTILL));
        assert_eq!(statements.enter(later), Some(2));
        assert!(!statements.stands_still(later + STANDSTILL, STANDSTILL), "it was asked just now");
        assert!(statements.stands_still(later + 2 * STANDSTILL, STANDSTILL));
    }

    /// The client of the first has left, so its answer is not noted.
    #[test]
    fn an_answer_says_that_those_before_it_were_given() {
        let now = Instant::now();
        let statements = InFlight::new(now, STANDSTILL);
        assert_eq!((statements.enter(now), statements.enter(now)), (Some(1), Some(2)));
        assert!(statements.stands_still(now + 2 * STANDSTILL, STANDSTILL));
        statements.answered(2, now);
        assert!(!statements.stands_still(now + 2 * STANDSTILL, STANDSTILL));
        assert_eq!(statements.enter(now + 2 * STANDSTILL), Some(3));
    }
}

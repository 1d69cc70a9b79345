//! How much is on its way through a connection whose answers come in the order of the statements.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How many statements may be on their way at a time. The server answers them one after the other.
const DEPTH: u64 = 256;

/// How many statements were sent, and how many of them are answered. Whoever gives up leaves his own
/// unanswered, until a later answer says that it was.
#[derive(Debug)]
pub(super) struct Flow {
    sent: Cell<u64>,
    answered: Cell<u64>,
    last_answer: Cell<Instant>,
    /// What has owed answers for longer holds up whoever comes next.
    standstill: Duration,
}

impl Flow {
    pub(super) fn new(now: Instant, standstill: Duration) -> Self {
        let (sent, answered) = (Cell::new(0), Cell::new(0));
        Self { sent, answered, last_answer: Cell::new(now), standstill }
    }

    fn unanswered(&self) -> u64 {
        self.sent.get() - self.answered.get()
    }

    /// Whether it has owed answers for longer than this.
    pub(super) fn stands_still(&self, now: Instant, limit: Duration) -> bool {
        self.unanswered() > 0 && now.duration_since(self.last_answer.get()) > limit
    }

    /// The number of a statement that may be sent now; `None` when too many wait or it stands still.
    pub(super) fn enter(&self, now: Instant) -> Option<u64> {
        let unanswered = self.unanswered();
        if unanswered >= DEPTH || self.stands_still(now, self.standstill) {
            return None;
        }
        if unanswered == 0 {
            self.last_answer.set(now);
        }
        self.sent.set(self.sent.get() + 1);
        Some(self.sent.get())
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
    fn no_more_are_on_their_way_than_allowed() {
        let now = Instant::now();
        let flow = Flow::new(now, STANDSTILL);
        for number in 1..=DEPTH {
            assert_eq!(flow.enter(now), Some(number));
        }
        assert_eq!(flow.enter(now), None);
        flow.answered(1, now);
        assert_eq!(flow.enter(now), Some(DEPTH + 1));
        assert_eq!(flow.enter(now), None);
    }

    #[test]
    fn nobody_is_sent_behind_one_that_stands_still() {
        let now = Instant::now();
        let flow = Flow::new(now, STANDSTILL);
        let later = now + 2 * STANDSTILL;
        assert_eq!(flow.enter(later), Some(1), "nothing was asked before");
        assert_eq!(flow.enter(later + STANDSTILL), Some(2));
        assert_eq!(flow.enter(later + 2 * STANDSTILL), None);
        assert!(flow.stands_still(later + 2 * STANDSTILL, STANDSTILL));
        flow.answered(1, later + 2 * STANDSTILL);
        assert_eq!(flow.enter(later + 3 * STANDSTILL), Some(3));
    }

    /// The client of the first has left, so nobody notes its answer.
    #[test]
    fn an_answer_says_that_those_before_it_were_given() {
        let now = Instant::now();
        let flow = Flow::new(now, STANDSTILL);
        assert_eq!((flow.enter(now), flow.enter(now)), (Some(1), Some(2)));
        assert!(flow.stands_still(now + 2 * STANDSTILL, STANDSTILL));
        flow.answered(2, now);
        assert!(!flow.stands_still(now + 2 * STANDSTILL, STANDSTILL));
        assert_eq!(flow.enter(now + 2 * STANDSTILL), Some(3));
    }
}

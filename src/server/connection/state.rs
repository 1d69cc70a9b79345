//! What is known of a connection while it is open, shared by the socket, the middleware around its requests and the
//! bodies of its responses. All of them run on one thread.
//!
//! Nothing is allocated for a request, and no timer is set: the rules look at moments that were noted.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

/// The library closes a first request that is too slow itself, with a 408. This comes after it.
const GRACE: Duration = Duration::from_secs(1);

/// A client that takes so little of its response in `RESPONSE_TIMEOUT_SECONDS` does not read it, in bytes.
pub(super) const LEAST_READ: usize = 16 * 1024;

/// What is read of a body before the response, in bytes: the longest one, and room for its chunks.
const MAX_BODY: usize = 96 * 1024;

/// With more than this unsent, the next request of a pipeline waits, in bytes.
const MAX_UNSENT: usize = 4 * 1024;

/// What the header of a response takes, in bytes, more or less.
const RESPONSE_HEAD: usize = 512;

/// How long each state of a connection may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `REQUEST_TIMEOUT_SECONDS`.
    pub(crate) request: Duration,
    /// `KEEP_ALIVE_SECONDS`.
    pub(crate) idle: Duration,
    /// `RESPONSE_TIMEOUT_SECONDS`.
    pub(crate) response: Duration,
}

impl Limits {
    /// No deadline that is set from now on comes earlier.
    pub(super) fn shortest(&self) -> Duration {
        (self.request + GRACE).min(self.idle).min(self.response)
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    limits: Limits,
    /// Requests whose response is not complete: 0 or 1, because the library answers one after the other.
    active: Cell<u32>,
    /// Whether the last request that began has a body.
    has_body: Cell<bool>,
    /// When the first byte came since the last one was sent.
    heard: Cell<Option<Instant>>,
    /// Bytes received since the last request began.
    received: Cell<usize>,
    /// When the last byte was sent, or the connection opened.
    sent: Cell<Instant>,
    /// Bytes of responses since the socket had taken all of them.
    unsent: Cell<usize>,
    /// Since when the socket has not taken [`LEAST_READ`] bytes, and what it has taken.
    blocked: Cell<Option<(Instant, usize)>>,
    /// Whether something waits for the socket to have taken everything.
    waits: Cell<bool>,
    /// Whether the response goes on until the client leaves.
    is_stream: Cell<bool>,
}

impl ConnectionState {
    /// Of a connection that was opened at this moment.
    pub(super) fn new(limits: Limits, now: Instant) -> Self {
        Self {
            limits,
            active: Cell::new(0),
            has_body: Cell::new(false),
            received: Cell::new(0),
            heard: Cell::new(None),
            sent: Cell::new(now),
            unsent: Cell::new(0),
            blocked: Cell::new(None),
            waits: Cell::new(false),
            is_stream: Cell::new(false),
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When this connection ends unless something happens. `None` while the limits of a handler hold.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match (self.blocked.get(), self.heard.get()) {
            (Some((since, _)), _) => Some(since + self.limits.response),
            (None, _) if self.active.get() > 0 => None,
            (None, Some(heard)) => Some(heard + self.limits.request + GRACE),
            (None, None) => Some(self.sent.get() + self.limits.idle),
        }
    }

    /// Whether more of the client's bytes are wanted. One that does not read is not heard, and the next request of a
    /// pipeline waits for the response to the one before.
    pub(super) fn reads(&self) -> bool {
        let wants_body = self.has_body.get() && self.received.get() < MAX_BODY;
        self.blocked.get().is_none() && (self.active.get() == 0 || wants_body)
    }

    /// Whether the response ends when the client has closed its side. One that has an end of its own is sent to a client
    /// that has nothing more to say.
    pub(super) fn ends_with_client(&self) -> bool {
        self.is_stream.get()
    }

    /// Whether a request is being answered.
    pub(super) fn is_active(&self) -> bool {
        self.active.get() > 0
    }

    /// Whether the socket takes nothing.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.get().is_some()
    }

    /// Notes bytes of the client.
    pub(super) fn note_received(&self, bytes: usize) {
        self.received.set(self.received.get() + bytes);
        if self.heard.get().is_none() {
            self.heard.set(Some(Instant::now()));
        }
    }

    /// Notes bytes that the socket has taken.
    pub(super) fn note_sent(&self, bytes: usize) {
        self.heard.set(None);
        self.sent.set(Instant::now());
        if let Some((since, taken)) = self.blocked.get() {
            let taken = taken + bytes;
            self.blocked.set((taken < LEAST_READ).then_some((since, taken)));
        }
    }

    /// Notes that something waits until the socket has taken everything.
    pub(super) fn note_waiting(&self) {
        self.waits.set(true);
    }

    /// Notes that the socket takes nothing more.
    pub(super) fn note_blocked(&self) {
        if self.blocked.get().is_none() {
            self.blocked.set(Some((Instant::now(), 0)));
        }
    }

    /// Notes that the socket has taken everything. Returns whether something has waited for that.
    pub(super) fn note_drained(&self) -> bool {
        self.unsent.set(0);
        self.blocked.set(None);
        self.waits.replace(false)
    }
}

/// A request whose response is not complete. It ends when the last byte of the body is handed over, or the
/// connection with it.
pub(crate) struct Exchange(Rc<ConnectionState>);

impl Exchange {
    /// Begins a request. In a pipeline it waits until the client has taken what is before it, so that one
    /// connection holds one response at most.
    pub(crate) async fn begin(state: Rc<ConnectionState>, has_body: bool) -> Self {
        state.active.set(state.active.get() + 1);
        state.has_body.set(has_body);
        state.received.set(0);
        state.is_stream.set(false);
        let exchange = Self(state);
        poll_fn(|_| match exchange.0.unsent.get() {
            0..=MAX_UNSENT => Poll::Ready(()),
            // The socket wakes the connection, and everything in it, once it has taken all.
            _ => {
                exchange.0.note_waiting();
                Poll::Pending
            }
        })
        .await;
        exchange.hand_over(RESPONSE_HEAD);
        exchange
    }

    /// Notes that the response goes on until the client leaves.
    pub(crate) fn note_stream(&self) {
        self.0.is_stream.set(true);
    }

    /// Notes bytes of the response that go to the connection's buffer.
    pub(crate) fn hand_over(&self, bytes: usize) {
        self.0.unsent.set(self.0.unsent.get() + bytes);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const LIMITS: Limits = Limits {
        request: Duration::from_secs(10),
        idle: Duration::from_secs(75),
        response: Duration::from_secs(30),
    };

    fn state() -> (Rc<ConnectionState>, Instant) {
        let opened = Instant::now();
        (Rc::new(ConnectionState::new(LIMITS, opened)), opened)
    }

    fn begin(state: &Rc<ConnectionState>, has_body: bool) -> Option<Exchange> {
        Exchange::begin(Rc::clone(state), has_body).now_or_never()
    }

    #[test]
    fn every_state_but_a_handler_s_has_a_deadline() {
        let (state, opened) = state();
        assert_eq!(state.deadline(), Some(opened + LIMITS.idle));
        state.note_received(1);
        let begun = state.deadline().unwrap();
        assert!(begun >= opened + LIMITS.request + GRACE && begun < opened + LIMITS.idle);
        state.note_received(1);
        assert_eq!(state.deadline(), Some(begun), "another byte gives no more time");
        let exchange = begin(&state, false).unwrap();
        assert_eq!(state.deadline(), None);
        state.note_blocked();
        let blocked = state.deadline().unwrap();
        state.note_sent(LEAST_READ - 1);
        assert_eq!(state.deadline(), Some(blocked), "a little is as good as nothing");
        state.note_sent(1);
        assert_eq!(state.deadline(), None);
        drop(exchange);
        assert!(state.deadline().unwrap() >= opened + LIMITS.idle);
    }

    #[test]
    fn no_later_deadline_is_earlier_than_the_shortest_limit() {
        let (state, opened) = state();
        assert_eq!(LIMITS.shortest(), Duration::from_secs(11));
        state.note_received(1);
        assert!(state.deadline().unwrap() >= opened + LIMITS.shortest());
        state.note_blocked();
        assert!(state.deadline().unwrap() >= opened + LIMITS.shortest());
    }

    #[test]
    fn a_client_that_does_not_read_or_is_being_answered_is_not_read_on() {
        let (state, _) = state();
        assert!(state.reads());
        let exchange = begin(&state, false).unwrap();
        assert!(!state.reads());
        state.note_waiting();
        assert!(state.note_drained());
        assert!(!state.note_drained(), "it is said once");
        drop(exchange);
        assert!(state.reads());
        state.note_blocked();
        assert!(!state.reads());
    }

    #[test]
    fn the_body_of_a_request_is_read_while_it_is_answered_but_not_without_end() {
        let (state, _) = state();
        state.note_received(MAX_BODY);
        let exchange = begin(&state, true).unwrap();
        state.note_received(MAX_BODY - 1);
        assert!(state.reads());
        state.note_received(1);
        assert!(!state.reads());
        drop(exchange);
        assert!(state.reads(), "what is thrown away has a deadline");
    }

    #[test]
    fn the_next_request_of_a_pipeline_waits_for_the_response_before_it() {
        let (state, _) = state();
        let exchange = begin(&state, false).unwrap();
        exchange.hand_over(MAX_UNSENT);
        drop(exchange);
        assert!(begin(&state, false).is_none());
        assert!(state.note_drained());
        assert!(begin(&state, false).is_some());
    }
}

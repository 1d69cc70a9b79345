//! A worker's own connection to PostgreSQL. Statements that a worker has at the same time are sent one after
//! the other without waiting for answers, so that the server finds the next one when it has answered one.
//!
//! It is an addition to the pool, never a condition: while there is no connection, or its answers are missing,
//! the pool does what it should have done.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use diesel_async::AsyncPgConnection;
use tokio::time::timeout;

use super::Postgres;
use super::connection::Connection;
use super::in_flight::InFlight;
use super::shares::{Counted, Purpose};
use crate::db::deadline::Deadline;
use crate::db::error::DbError;

/// How long to wait after a failed attempt to connect; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// When answers are missing for longer, the worker uses the pool meanwhile. A write may have to wait for a disk.
const READS_STAND_STILL: Duration = Duration::from_millis(25);
pub(super) const WRITES_STAND_STILL: Duration = Duration::from_secs(1);

/// When answers to reads are missing for longer, the connection is replaced and the pool reads what it was asked.
/// What it was asked to write may be done, so that its answer is waited for.
const READS_ARE_LOST: Duration = Duration::from_secs(1);

/// A connection for writes that was idle for longer is asked whether it still works, for so long at most: what is written to a
/// server that stands still is not known until its time is over, where the pool would have found another server.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
const TRIED: Duration = Duration::from_secs(1);

/// What a session for writes begins with, beside what all begin with. All that is written for several users is found
/// by its key, in the order of the keys: a plan that was made while the table was small must not read all of it later,
/// and a bitmap would lock rows in the order in which they lie. It is planned once, and a row that another transaction
/// holds is not waited for long.
pub(crate) const WRITES_SET_UP: &str = "SET plan_cache_mode = force_generic_plan; \
    SET lock_timeout = '250ms'; SET enable_seqscan = off; SET enable_bitmapscan = off; \
    SET enable_hashjoin = off; SET enable_mergejoin = off";

/// See the module's documentation. It belongs to one thread.
pub(super) struct Pipeline {
    db: Postgres,
    purpose: Purpose,
    state: RefCell<State>,
}

enum State {
    Absent { since: Instant, pause: Duration },
    Connecting,
    Open(Rc<Open>),
}

impl Pipeline {
    /// `None` where everything needs the pool.
    pub(super) fn of(db: &Postgres, purpose: Purpose) -> Option<Rc<Self>> {
        db.shares().claim(purpose).then(|| {
            let state = State::Absent { since: Instant::now(), pause: Duration::ZERO };
            Rc::new(Self { db: db.clone(), purpose, state: RefCell::new(state) })
        })
    }

    /// Of a statement that is sent now.
    pub(super) fn deadline(&self) -> Deadline {
        self.db.deadline()
    }

    /// Runs a statement, and gives what it gives; `None` when it was not sent.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when there was no answer in time.
    pub(super) async fn send<T>(
        self: &Rc<Self>,
        deadline: Deadline,
        statement: impl AsyncFnOnce(&AsyncPgConnection) -> T,
    ) -> Option<Result<T, DbError>> {
        let now = Instant::now();
        let open = self.open(now)?;
        if open.lost.is_none() && open.in_flight.is_idle(now, TRUSTED_IDLE) && !open.answers().await
        {
            self.give_up(&open);
            return None;
        }
        let number = open.in_flight.enter(Instant::now())?;
        let _waiting = Waiting(Rc::clone(&open));
        let answer = deadline.answer(open.unless_lost(statement(&open.connection.inner))).await;
        let answer = answer.and_then(|answer| answer);
        match &answer {
            Ok(_) => open.in_flight.answered(number, Instant::now()),
            Err(_) => self.give_up(&open),
        }
        Some(answer)
    }

    fn open(self: &Rc<Self>, now: Instant) -> Option<Rc<Open>> {
        let mut state = self.state.borrow_mut();
        let pause = match &*state {
            State::Open(open) if open.is_good(now) => return Some(Rc::clone(open)),
            State::Open(open) => {
                if open.is_lost(now) {
                    open.connection.abort();
                }
                FIRST_PAUSE
            }
            State::Absent { since, pause } if now.duration_since(*since) >= *pause => {
                (*pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
            }
            State::Absent { .. } | State::Connecting => return None,
        };
        *state = State::Connecting;
        tokio::task::spawn_local(Rc::clone(self).connect(pause));
        None
    }

    async fn connect(self: Rc<Self>, pause: Duration) {
        let (name, set_up) = match self.purpose {
            Purpose::Reads => ("taskbridge reads", ""),
            Purpose::Writes => ("taskbridge writes", WRITES_SET_UP),
        };
        let counted = self.db.shares().count();
        let attempt = self.db.connector().connect(Some(name), set_up);
        let attempt = timeout(self.db.settings().answer_timeout(), attempt).await;
        let attempt = attempt.unwrap_or_else(|_| Err(anyhow!("it took too long")));
        *self.state.borrow_mut() = match attempt {
            Ok(connection) => State::Open(Rc::new(Open::new(connection, counted, self.purpose))),
            Err(error) => {
                let seconds = pause.as_secs();
                log::info!("no connection for {name} for the next {seconds} s at least: {error:#}");
                State::Absent { since: Instant::now(), pause }
            }
        };
    }

    /// Parts with a connection that answers nothing.
    fn give_up(&self, silent: &Rc<Open>) {
        let mut state = self.state.borrow_mut();
        if matches!(&*state, State::Open(open) if Rc::ptr_eq(open, silent)) {
            silent.connection.abort();
            *state = State::Absent { since: Instant::now(), pause: FIRST_PAUSE };
        }
    }
}

/// A request that waits for an answer, until this is dropped.
struct Waiting(Rc<Open>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.in_flight.leave();
    }
}

/// An open connection.
struct Open {
    connection: Connection,
    in_flight: InFlight,
    /// When the answers count as lost.
    lost: Option<Duration>,
    _counted: Counted,
}

impl Open {
    fn new(connection: Connection, counted: Counted, purpose: Purpose) -> Self {
        let (standstill, lost) = match purpose {
            Purpose::Reads => (READS_STAND_STILL, Some(READS_ARE_LOST)),
            Purpose::Writes => (WRITES_STAND_STILL, None),
        };
        let in_flight = InFlight::new(Instant::now(), standstill);
        Self { connection, in_flight, lost, _counted: counted }
    }

    fn is_good(&self, now: Instant) -> bool {
        self.connection.is_good() && !self.is_lost(now)
    }

    /// Whether the server says anything. A connection that has ended is found by what is sent.
    async fn answers(&self) -> bool {
        timeout(TRIED, self.connection.ping()).await.is_ok()
    }

    /// Waits for an answer as long as any come.
    async fn unless_lost<T>(&self, answer: impl Future<Output = T>) -> Result<T, DbError> {
        let mut answer = pin!(answer);
        let Some(limit) = self.lost else { return Ok(answer.await) };
        loop {
            match timeout(limit, answer.as_mut()).await {
                Ok(answer) => return Ok(answer),
                Err(_) if self.is_lost(Instant::now()) => {
                    return Err(DbError::Unavailable("the server has fallen silent".to_owned()));
                }
                Err(_) => {}
            }
        }
    }

    fn is_lost(&self, now: Instant) -> bool {
        self.lost.is_some_and(|limit| self.in_flight.stands_still(now, limit))
    }
}

//! A worker's own connection to PostgreSQL. Statements that a worker has at the same time are sent
//! one behind the other without waiting for answers, and no thread waits for any; through the pool each
//! of them costs four changes between threads.
//!
//! It is an addition to the pool, never a condition: while there is no connection, or it stands still, the pool
//! does what it should have done.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt;
use anyhow::{Context, ensure};
use diesel_async::SimpleAsyncConnection;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls, Socket};

use super::connection::PipelinedConnection;
use super::error::DbError;
use super::flow::Flow;
use super::manager::postgres_set_up;
use super::pipelines::{Counted, Pipelines};
use super::pool::Db;
use super::purpose::Purpose;
use super::session::Session;
use super::without_libpq::WithoutLibpq;

/// A connection is replaced when it is this old, as the pool does, so that it follows a server that has moved.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// How long to wait after a failed attempt to connect; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// See the module's documentation. It belongs to one thread.
pub(super) struct Pipeline {
    db: Db,
    pipelines: Arc<Pipelines>,
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
    pub(super) fn of(db: &Db, purpose: Purpose) -> Option<Rc<Self>> {
        let pipelines = Arc::clone(db.pipelines()?);
        pipelines.claim(purpose).then(|| {
            let state = State::Absent { since: Instant::now(), pause: Duration::ZERO };
            Rc::new(Self { db: db.clone(), pipelines, purpose, state: RefCell::new(state) })
        })
    }

    /// Runs a statement, and gives what it gives; `None` when it was not sent.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when there was no answer in time.
    pub(super) async fn send<T>(
        self: &Rc<Self>,
        statement: impl AsyncFnOnce(&PipelinedConnection) -> T,
    ) -> Option<Result<T, DbError>> {
        let now = Instant::now();
        let open = self.open(now)?;
        let number = open.flow.enter(now)?;
        let pool = self.db.connections();
        let answer = self.db.in_time(&pool, statement(&open.connection)).await;
        match &answer {
            Ok(_) => open.flow.answered(number, Instant::now()),
            Err(_) => self.give_up(&open),
        }
        Some(answer)
    }

    fn open(self: &Rc<Self>, now: Instant) -> Option<Rc<Open>> {
        let mut state = self.state.borrow_mut();
        let pause = match &*state {
            State::Open(open) if open.is_good(now, self.purpose) => return Some(Rc::clone(open)),
            State::Open(open) => {
                if open.stands_still(now, self.purpose) {
                    open.driver.abort();
                }
                FIRST_PAUSE
            }
            State::Absent { since, pause } if now.duration_since(*since) >= *pause => {
                (*pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
            }
            State::Absent { .. } | State::Connecting => return None,
        };
        *state = State::Connecting;
        rt::spawn(Rc::clone(self).connect(pause));
        None
    }

    async fn connect(self: Rc<Self>, pause: Duration) {
        let attempt = timeout(
            self.db.settings().patience(),
            Open::new(&self.db, &self.pipelines, self.purpose),
        )
        .await;
        let attempt = attempt.unwrap_or_else(|_| Err(anyhow::anyhow!("it took too long")));
        *self.state.borrow_mut() = match attempt {
            Ok(open) => State::Open(Rc::new(open)),
            Err(error) => {
                let seconds = pause.as_secs();
                let what = self.purpose.name();
                log::info!("{what} take the pool for the next {seconds} s at least: {error:#}");
                State::Absent { since: Instant::now(), pause }
            }
        };
    }

    /// Parts with a connection that answers nothing.
    fn give_up(&self, silent: &Rc<Open>) {
        let mut state = self.state.borrow_mut();
        if matches!(&*state, State::Open(open) if Rc::ptr_eq(open, silent)) {
            silent.driver.abort();
            *state = State::Absent { since: Instant::now(), pause: FIRST_PAUSE };
        }
    }
}

/// An open connection.
struct Open {
    connection: PipelinedConnection,
    /// Moves bytes between the socket and those who wait; ends with the connection.
    driver: JoinHandle<()>,
    since: Instant,
    flow: Flow,
}

impl Open {
    async fn new(db: &Db, pipelines: &Arc<Pipelines>, purpose: Purpose) -> anyhow::Result<Self> {
        // Since the start the server may have learnt TLS, and then not even the password may go without it.
        let of_the_pool = db.run(Session::of).await?;
        let WithoutLibpq { config, proof } = pipelines.way(purpose);
        ensure!(
            !of_the_pool.encrypted || proof.is_some(),
            "the pool is encrypted, and they cannot be"
        );
        let counted = pipelines.count();
        let (client, driver) = match proof {
            Some(proof) => connect(&config, proof.connector()?, counted).await,
            None => connect(&config, NoTls, counted).await,
        }?;
        let connection = PipelinedConnection::try_from(client).await?;
        let set_up = postgres_set_up(db.settings().statement_timeout) + purpose.set_up();
        (&mut &connection).batch_execute(&set_up).await?;
        let session = Session::pipelined(&connection).await?;
        ensure!(
            session == of_the_pool,
            "without libpq, DATABASE_URL leads to another server, user or schema"
        );
        let now = Instant::now();
        Ok(Self { connection, driver, since: now, flow: Flow::new(now, purpose.standstill()) })
    }

    fn is_good(&self, now: Instant, purpose: Purpose) -> bool {
        !self.driver.is_finished()
            && now.duration_since(self.since) < LIFETIME
            && !self.stands_still(now, purpose)
    }

    /// Whether it is to be replaced, though somebody waits for it.
    fn stands_still(&self, now: Instant, purpose: Purpose) -> bool {
        purpose.standstill_at_most().is_some_and(|limit| self.flow.stands_still(now, limit))
    }
}

async fn connect<T>(
    config: &Config,
    tls: T,
    counted: Counted,
) -> anyhow::Result<(Client, JoinHandle<()>)>
where
    T: MakeTlsConnect<Socket, Stream: Unpin + 'static>,
{
    let (client, connection) = config.connect(tls).await.context("cannot connect without libpq")?;
    let driver = rt::spawn(async move {
        let _counted = counted;
        // What ends the connection reaches those who wait for it.
        if let Err(error) = connection.await {
            log::debug!("a connection without libpq has ended: {error}");
        }
    });
    Ok((client, driver))
}

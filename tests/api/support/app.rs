//! A real server in a thread of its own, with a database of its own, stopped when it is dropped.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use taskbridge::config::Source;
use taskbridge::{Application, Config};
use tempfile::TempDir;

use super::client::Client;
use super::postgres::{connect, fresh_database};
use super::tokens::{ORIGIN, SECRET, TokenBuilder};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
    /// With `DATABASE_RLS=on`.
    PostgresRls,
}

/// The `DATABASE_URL` of a database that is empty or not there yet, and the folder it lives in.
pub fn fresh_url(backend: Backend) -> (String, Option<TempDir>) {
    match backend {
        Backend::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            (format!("sqlite://{}/tasks.db", folder.path().display()), Some(folder))
        }
        Backend::Postgres | Backend::PostgresRls => (fresh_database(), None),
    }
}

/// Takes the app's PostgreSQL database away for ever.
pub fn drop_database(app: &TestApp) {
    admin(app, |database| format!("DROP DATABASE {database} WITH (FORCE)"));
}

/// Ends all connections to the app's PostgreSQL database.
pub fn cut_connections(app: &TestApp) {
    admin(app, |database| {
        format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        )
    });
}

fn admin(app: &TestApp, statement: impl FnOnce(&str) -> String) {
    let (server, database) = app.database_url.rsplit_once('/').unwrap();
    let mut admin = connect(&format!("{server}/postgres")).unwrap();
    admin.batch_execute(&statement(database)).unwrap();
}

/// A running server.
pub struct TestApp {
    pub address: SocketAddr,
    pub database_url: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    agent: ureq::Agent,
    _folder: Option<TempDir>,
}

impl TestApp {
    /// The server as it comes, with nothing but a secret, and without limits on how often a test asks.
    pub fn spawn(backend: Backend) -> Self {
        Self::spawn_with(backend, &[])
    }

    /// The server with variables of its own.
    pub fn spawn_with(backend: Backend, variables: &[(&str, &str)]) -> Self {
        let (url, folder) = fresh_url(backend);
        let mut app = Self::spawn_on(&url, backend, variables);
        app._folder = folder;
        app
    }

    /// The server on a database that is there already.
    pub fn spawn_on(url: &str, backend: Backend, variables: &[(&str, &str)]) -> Self {
        let base = [
            ("BETTER_AUTH_SECRET", SECRET),
            ("BETTER_AUTH_URL", ORIGIN),
            ("DATABASE_URL", url),
            ("PORT", "0"),
            ("RATE_LIMIT_PER_MINUTE", "0"),
            ("AUTH_FAILURES_PER_MINUTE", "0"),
        ];
        let rls: &[_] =
            if backend == Backend::PostgresRls { &[("DATABASE_RLS", "on")] } else { &[] };
        let base = base.into_iter().chain(rls.iter().copied());
        let source = Source::from_pairs(base.chain(variables.iter().copied()));
        let config = Config::from_source(&source).unwrap();
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_rt::System::new().block_on(async move {
                let application = Application::build(config).unwrap();
                sender.send((application.address(), application.handle())).unwrap();
                application.run_until_stopped().await.unwrap();
            });
        });
        let (address, handle) = receiver.recv().expect("the server starts");
        let thread = Some(thread);
        let agent = super::client::agent();
        Self { address, database_url: url.to_owned(), handle, thread, agent, _folder: None }
    }

    /// A caller without a token.
    pub fn anonymous(&self) -> Client {
        Client::new(self.agent.clone(), self.address, None)
    }

    /// A caller with a valid token of this user.
    pub fn as_user(&self, user: &str) -> Client {
        self.with_token(&TokenBuilder::valid(user).build())
    }

    /// A caller with this text after `Bearer`.
    pub fn with_token(&self, token: &str) -> Client {
        Client::new(self.agent.clone(), self.address, Some(token.to_owned()))
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The command is sent at once; the future only waits for its end, as the join does.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let outcome = thread.join();
            assert!(outcome.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

//! The way to the database, and the one place where blocking work leaves the asynchronous threads.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use anyhow::Context;
use r2d2::ManageConnection;
use tokio::time::timeout;

use super::connection::DbConnection;
use super::connections::{CurrentConnections, PoolState};
use super::error::DbError;
use super::manager::DbManager;
use super::migrations;
use super::prepare::{migrate, migration_manager, prepare};
use super::scope::Scope;
use super::settings::DbSettings;
use super::url::DatabaseUrl;
use super::writer::Writer;

/// A handle on the database; clones share its connections.
#[derive(Clone, Debug)]
pub struct Db {
    connections: Arc<CurrentConnections>,
    /// On SQLite alone; PostgreSQL groups commits itself.
    writer: Option<Writer>,
    settings: Arc<DbSettings>,
    scope: Scope,
}

impl Db {
    /// Connects, runs pending migrations and opens the pool.
    ///
    /// # Errors
    /// One sentence when the database cannot be reached or migrated; it shows no password.
    pub fn connect(settings: &DbSettings) -> anyhow::Result<Self> {
        let url = &settings.url;
        prepare(settings)?;
        let connections = CurrentConnections::open(settings)
            .with_context(|| format!("Cannot open a pool of connections to {url}"))?;
        let writer = match url {
            DatabaseUrl::Postgres(_) => None,
            DatabaseUrl::Sqlite(_) => {
                Some(Writer::start(settings).context("Cannot start the thread that writes")?)
            }
        };
        Ok(Self {
            connections: Arc::new(connections),
            writer,
            settings: Arc::new(settings.clone()),
            scope: Scope::of(settings),
        })
    }

    /// Runs pending migrations and returns how many that were.
    ///
    /// # Errors
    /// As [`Db::connect`].
    pub fn migrate(url: &DatabaseUrl) -> anyhow::Result<usize> {
        migrate(url)
    }

    /// How many migrations are pending, without changing anything; `None` when the SQLite file is not
    /// there yet, which is not created by looking.
    ///
    /// # Errors
    /// One sentence when the database cannot be reached; it shows no password.
    pub fn pending_migrations(url: &DatabaseUrl) -> anyhow::Result<Option<usize>> {
        if let DatabaseUrl::Sqlite(path) = url
            && !std::path::Path::new(path).exists()
        {
            return Ok(None);
        }
        let mut connection = migration_manager(url).connect()?;
        Ok(Some(migrations::pending(&mut connection.inner)?))
    }

    /// How many connections there are right now, without the writer's.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        self.connections.state()
    }

    /// Whether every migration that this program knows has been applied.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the database cannot be asked.
    pub async fn is_migrated(&self) -> Result<bool, DbError> {
        self.run(|connection| Ok(migrations::pending(connection)? == 0)).await
    }

    /// Makes connections that fail at once where others would wait, for reads on a thread that must
    /// not. SQLite only.
    pub(super) fn impatient_manager(&self) -> Option<DbManager> {
        let impatient =
            DbSettings { statement_timeout: Duration::ZERO, ..(*self.settings).clone() };
        self.writer.as_ref().map(|_| DbManager::new(&impatient))
    }

    /// Runs `work`, which writes, for a user, and returns when it is durable. Of what fails, nothing is
    /// stored.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn write_for<Owner, T, F>(&self, owner: Owner, work: F) -> Result<T, DbError>
    where
        Owner: AsRef<str> + Send + 'static,
        F: FnOnce(&mut DbConnection, &Owner) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let Some(writer) = &self.writer else {
            return self.run_for(owner, work).await;
        };
        let patience = self.settings.patience();
        let written = writer.write(move |connection| work(connection, &owner));
        timeout(patience, written).await.unwrap_or_else(|_| Err(no_answer(patience)))
    }

    /// Runs `work` for a user, with a connection on a thread that may block. With
    /// `DATABASE_RLS=on` the database shows this user's rows and no others, whatever `work` asks for.
    ///
    /// # Errors
    /// As [`Db::run`].
    pub async fn run_for<Owner, T, F>(&self, owner: Owner, work: F) -> Result<T, DbError>
    where
        Owner: AsRef<str> + Send + 'static,
        F: FnOnce(&mut DbConnection, &Owner) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let scope = self.scope;
        self.blocking(move |connection| {
            scope.run_for(connection, owner.as_ref(), |connection| work(connection, &owner))
        })
        .await
    }

    /// Runs `work` with a connection on a thread that may block.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection came free or no answer came in time; else what
    /// `work` reports.
    pub async fn run<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let scope = self.scope;
        self.blocking(move |connection| scope.run(connection, work)).await
    }

    async fn blocking<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let connections = self.connections.current();
        let place = connections.place().await?;
        let blocking = web::block(move || {
            let mut pooled = place.connection()?;
            // Should `work` panic, nobody knows what state it leaves the connection in.
            pooled.broken = true;
            let outcome = work(&mut pooled.inner);
            pooled.broken = matches!(outcome, Err(DbError::Unavailable(_)));
            outcome
        });
        // The thread goes on until the network gives up; the client need not.
        let patience = self.settings.patience();
        match timeout(patience, blocking).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(canceled)) => Err(DbError::Unexpected(canceled.to_string())),
            Err(_) => {
                if self.writer.is_none() {
                    self.connections.give_up(&connections);
                }
                Err(no_answer(patience))
            }
        }
    }
}

fn no_answer(patience: Duration) -> DbError {
    DbError::Unavailable(format!("no answer in {} s", patience.as_secs()))
}

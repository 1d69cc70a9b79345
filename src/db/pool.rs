//! The way to the database, and the one place where blocking work leaves the asynchronous threads.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use anyhow::Context;
use r2d2::ManageConnection;
use tokio::time::timeout;

use super::connection::DbConnection;
use super::connections::{Connections, CurrentConnections, PoolState};
use super::error::DbError;
use super::manager::DbManager;
use super::migrations;
use super::pipelines::Pipelines;
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
    pipelines: Option<Arc<Pipelines>>,
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
        let mut used = prepare(settings)?;
        let pipelines = Pipelines::plan(settings, &mut used).map(Arc::new);
        drop(used);
        let reserved = pipelines.as_ref().map_or(0, |pipelines| pipelines.reserved());
        let max_connections = settings.max_connections - reserved;
        let pooled = DbSettings { max_connections, ..settings.clone() };
        let connections = CurrentConnections::open(&pooled)
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
            pipelines,
            settings: Arc::new(settings.clone()),
            scope: Scope::of(settings),
        })
    }

    /// Runs pending migrations and returns how many that were.
    ///
    /// # Errors
    /// As [`Db::connect`].
    pub fn migrate(url: &DatabaseUrl) -> anyhow::Result<usize> {
        Ok(migrate(url)?.0)
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
        let pool = self.connections.state();
        let open = self.pipelines.as_ref().map_or(0, |pipelines| pipelines.open());
        PoolState { open: pool.open + open, limit: self.settings.max_connections, ..pool }
    }

    /// Whether every migration that this program knows has been applied.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the database cannot be asked.
    pub async fn is_migrated(&self) -> Result<bool, DbError> {
        self.run(|connection| Ok(migrations::pending(connection)? == 0)).await
    }

    pub(super) fn pipelines(&self) -> Option<&Arc<Pipelines>> {
        self.pipelines.as_ref()
    }

    pub(super) fn settings(&self) -> &DbSettings {
        &self.settings
    }

    pub(super) fn connections(&self) -> Arc<Connections> {
        self.connections.current()
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
        match self.in_time(&connections, blocking).await? {
            Ok(outcome) => outcome,
            Err(canceled) => Err(DbError::Unexpected(canceled.to_string())),
        }
    }

    /// Waits for an answer of the database as long as one may take. Where PostgreSQL falls silent, the pool
    /// that was in use by then is replaced.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when there was none in time.
    pub(super) async fn in_time<T>(
        &self,
        connections: &Arc<Connections>,
        answer: impl Future<Output = T>,
    ) -> Result<T, DbError> {
        let patience = self.settings.patience();
        let Ok(answer) = timeout(patience, answer).await else {
            if self.writer.is_none() {
                self.connections.give_up(connections);
            }
            return Err(no_answer(patience));
        };
        Ok(answer)
    }
}

fn no_answer(patience: Duration) -> DbError {
    DbError::Unavailable(format!("no answer in {} s", patience.as_secs()))
}

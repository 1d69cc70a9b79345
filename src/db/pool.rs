//! The way to the database: a pool of connections, and the one place where blocking work leaves the
//! asynchronous threads.

use std::time::Duration;

use actix_web::web;
use anyhow::Context;
use r2d2::{ManageConnection, NopErrorHandler, Pool};
use tokio::time::timeout;

use super::connection::DbConnection;
use super::error::DbError;
use super::manager::DbManager;
use super::migrations;
use super::scope::{self, Scope};
use super::settings::DbSettings;
use super::url::DatabaseUrl;

/// How long a statement of a migration may take.
const MIGRATION: Duration = Duration::from_secs(3600);

/// The pool waits at most half of this between two attempts to reach a database that is away.
const RECONNECT: Duration = Duration::from_secs(1);

/// How many connections there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Open ones.
    pub open: u32,
    /// Open ones that nobody uses.
    pub idle: u32,
    /// The most there may be.
    pub limit: u32,
}

/// A handle on the database; clones share one pool.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Pool<DbManager>,
    acquire_timeout: Duration,
    patience: Duration,
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
        // Failed attempts to refill the pool surface as a timeout on the request that waits, where
        // they are logged with its id; the default handler would print them raw.
        let pool = Pool::builder()
            .max_size(settings.max_connections)
            .min_idle(Some(1))
            .connection_timeout(RECONNECT)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(DbManager::new(settings));
        let acquire_timeout = settings.acquire_timeout;
        drop(
            pool.get_timeout(acquire_timeout)
                .with_context(|| format!("Cannot open a pool of connections to {url}"))?,
        );
        let (patience, scope) = (settings.patience(), Scope::of(settings));
        Ok(Self { pool, acquire_timeout, patience, scope })
    }

    /// Runs pending migrations and returns how many that were.
    ///
    /// # Errors
    /// As [`Db::connect`].
    pub fn migrate(url: &DatabaseUrl) -> anyhow::Result<usize> {
        migrate_with(&migration_manager(url), url)
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

    /// How many connections there are right now.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        let r2d2::State { connections, idle_connections, .. } = self.pool.state();
        PoolState { open: connections, idle: idle_connections, limit: self.pool.max_size() }
    }

    /// Whether every migration that this program knows has been applied.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the database cannot be asked.
    pub async fn is_migrated(&self) -> Result<bool, DbError> {
        self.run(|connection| Ok(migrations::pending(connection)? == 0)).await
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

    /// Runs `work` with a connection on a thread that may block. Waiting for the connection blocks
    /// too, so it happens there as well.
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
        let (pool, acquire_timeout) = (self.pool.clone(), self.acquire_timeout);
        let blocking = web::block(move || {
            let mut pooled = pool
                .get_timeout(acquire_timeout)
                .map_err(|error| DbError::Unavailable(error.to_string()))?;
            // Should `work` panic, nobody knows what state it leaves the connection in.
            pooled.broken = true;
            let outcome = work(&mut pooled.inner);
            pooled.broken = matches!(outcome, Err(DbError::Unavailable(_)));
            outcome
        });
        // The thread goes on until the network gives up; the client need not.
        match timeout(self.patience, blocking).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(canceled)) => Err(DbError::Unexpected(canceled.to_string())),
            Err(_) => {
                let seconds = self.patience.as_secs();
                Err(DbError::Unavailable(format!("no answer in {seconds} s")))
            }
        }
    }
}

/// Brings the schema and the role up to date. Behind a pooler that is somebody else's task: the lock
/// that instances take turns by belongs to a session.
fn prepare(settings: &DbSettings) -> anyhow::Result<()> {
    let url = &settings.url;
    if settings.prepared_statements {
        Db::migrate(url)?;
    } else {
        let mut connection = DbManager::new(settings)
            .connect()
            .with_context(|| format!("DATABASE_URL: cannot use the {url}"))?;
        let pending = Scope::of(settings).run(&mut connection.inner, migrations::pending)?;
        anyhow::ensure!(
            pending == 0,
            "{pending} migration(s) are pending: run taskbridge migrate with a DATABASE_URL that \
             does not go through the pooler"
        );
    }
    if settings.row_level_security {
        let mut connection = migration_manager(url).connect()?;
        if let DbConnection::Postgres(connection) = &mut connection.inner {
            scope::prepare(connection).context(
                "DATABASE_RLS=on needs the role taskbridge_app: as an administrator, run \
                 CREATE ROLE taskbridge_app NOLOGIN and grant it to the user of DATABASE_URL",
            )?;
        }
    }
    Ok(())
}

/// A migration may take as long as it needs.
fn migration_manager(url: &DatabaseUrl) -> DbManager {
    DbManager::new(&DbSettings { statement_timeout: MIGRATION, ..DbSettings::of(url.clone()) })
}

fn migrate_with(manager: &DbManager, url: &DatabaseUrl) -> anyhow::Result<usize> {
    let mut connection =
        manager.connect().with_context(|| format!("DATABASE_URL: cannot use the {url}"))?;
    let applied = migrations::run(&mut connection.inner).map_err(|error| {
        anyhow::anyhow!("Cannot migrate the {url}: {}", url.redact(&error.to_string()))
    })?;
    if applied > 0 {
        log::info!("{applied} migration(s) applied to the {url}");
    }
    Ok(applied)
}

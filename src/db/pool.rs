//! The way to the database: a pool of connections, and the one place where blocking work leaves the
//! asynchronous threads.

use std::time::Duration;

use actix_web::web;
use anyhow::Context;
use r2d2::{ManageConnection, NopErrorHandler, Pool};

use super::connection::DbConnection;
use super::error::DbError;
use super::manager::DbManager;
use super::migrations;
use super::url::DatabaseUrl;

/// How long a request waits for a free connection before it is answered 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

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
}

impl Db {
    /// Connects, runs pending migrations and opens a pool of at most `max_connections`.
    ///
    /// # Errors
    /// One sentence when the database cannot be reached or migrated; it shows no password.
    pub fn connect(url: &DatabaseUrl, max_connections: u32) -> anyhow::Result<Self> {
        let manager = DbManager::new(url.clone());
        migrate_with(&manager, url)?;
        // Failed attempts to refill the pool surface as a timeout on the request that waits, where
        // they are logged with its id; the default handler would print them raw.
        let pool = Pool::builder()
            .max_size(max_connections)
            .min_idle(Some(1))
            .connection_timeout(ACQUIRE_TIMEOUT)
            .error_handler(Box::new(NopErrorHandler))
            .build(manager)
            .with_context(|| format!("Cannot open a pool of connections to {url}"))?;
        Ok(Self { pool })
    }

    /// Runs pending migrations and returns how many that were.
    ///
    /// # Errors
    /// As [`Db::connect`].
    pub fn migrate(url: &DatabaseUrl) -> anyhow::Result<usize> {
        migrate_with(&DbManager::new(url.clone()), url)
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
        let mut connection = DbManager::new(url.clone()).connect()?;
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

    /// Runs `work` with a connection on a thread that may block. Waiting for the connection blocks
    /// too, so it happens there as well.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection came free in time; else what `work` reports.
    pub async fn run<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        let pool = self.pool.clone();
        web::block(move || {
            let mut pooled = pool.get().map_err(|error| DbError::Unavailable(error.to_string()))?;
            let outcome = work(&mut pooled.inner);
            pooled.broken = matches!(outcome, Err(DbError::Unavailable(_)));
            outcome
        })
        .await
        .map_err(|error| DbError::Unexpected(error.to_string()))?
    }
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

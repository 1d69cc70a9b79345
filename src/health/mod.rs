//! `GET /health`: the process answers. It asks nothing else, so that a database outage does not make
//! an orchestrator kill a healthy process. `GET /health/ready`: the process can do its work, so that a
//! load balancer may send it some.

pub(crate) mod openapi;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::auth::JwksCache;
use crate::base::drain::Drain;
use crate::db::Db;
use crate::http::error::ApiError;
use crate::http::operation::{Access, Operation, Produces};

/// How old the last look at the database may be: anybody may ask, so asking must cost nothing.
const FRESH: Duration = Duration::from_secs(1);

/// How long a look at the database may take.
const PATIENCE: Duration = Duration::from_secs(2);

const fn public(path: &'static str, route: fn() -> actix_web::Route) -> Operation {
    Operation { method: Method::GET, access: Access::Public, path, produces: Produces::Json, route }
}

pub(crate) const OPERATIONS: &[Operation] =
    &[public("/health", || web::to(health)), public("/health/ready", || web::to(ready))];

/// That the process answers.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Always `healthy`.
    status: &'static str,
    /// The version of the server.
    version: &'static str,
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "healthy", version: env!("CARGO_PKG_VERSION") })
}

/// That the process can do its work.
#[derive(Serialize, ToSchema)]
struct Ready {
    /// Always `ready`.
    status: &'static str,
}

async fn ready(readiness: web::Data<Readiness>) -> Result<HttpResponse, ApiError> {
    match readiness.missing().await.as_slice() {
        [] => Ok(HttpResponse::Ok().json(Ready { status: "ready" })),
        missing => Err(ApiError::NotReady(missing.join(", "))),
    }
}

/// What the server needs in order to work.
pub(crate) struct Readiness {
    db: Db,
    keys: Option<Arc<JwksCache>>,
    drain: Drain,
    database: Mutex<Option<(Instant, DatabaseState)>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DatabaseState {
    Ready,
    Missing,
    NotMigrated,
}

impl Readiness {
    pub(crate) fn new(db: Db, keys: Option<Arc<JwksCache>>, drain: Drain) -> Self {
        Self { db, keys, drain, database: Mutex::new(None) }
    }

    /// Names what is missing, and not why: that stands in the log.
    async fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.drain.has_begun() {
            missing.push("the server is stopping");
        }
        match self.database().await {
            DatabaseState::Ready => {}
            DatabaseState::Missing => missing.push("the database does not answer"),
            DatabaseState::NotMigrated => missing.push("migrations are pending"),
        }
        if self.keys.as_ref().is_some_and(|keys| !keys.is_ready()) {
            missing.push("no verification keys are loaded");
        }
        missing
    }

    /// Whoever comes while somebody looks waits for what is seen.
    async fn database(&self) -> DatabaseState {
        let mut last = self.database.lock().await;
        if let Some((at, state)) = *last
            && at.elapsed() < FRESH
        {
            return state;
        }
        let state = match timeout(PATIENCE, self.db.is_migrated()).await {
            Ok(Ok(true)) => DatabaseState::Ready,
            Ok(Ok(false)) => DatabaseState::NotMigrated,
            Ok(Err(error)) => {
                log::warn!("not ready: {error}");
                DatabaseState::Missing
            }
            Err(_) => {
                log::warn!("not ready: the database did not answer in {} s", PATIENCE.as_secs());
                DatabaseState::Missing
            }
        };
        *last = Some((Instant::now(), state));
        state
    }
}

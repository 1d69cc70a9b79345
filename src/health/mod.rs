//! `GET /health`: the process answers. It asks nothing else, so that a database outage does not make
//! an orchestrator kill a healthy process. `GET /health/ready`: the process can do its work, so that a
//! load balancer may send it some.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::auth::JwksCache;
use crate::base::drain::Drain;
use crate::db::Db;
use crate::http::error::ApiError;
use crate::http::openapi::{Description, NamedSchema, Response, named, reference};
use crate::http::operation::{Access, Operation};

/// How long the last answer of the database counts. Every client may ask, so asking must be cheap.
const FRESH: Duration = Duration::from_secs(1);

/// How long the database may take to answer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

const TAG: &str = "service";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation::json(Access::Public, Method::GET, "/health", || web::to(health), describe_health),
    Operation::json(
        Access::Public,
        Method::GET,
        "/health/ready",
        || web::to(ready),
        describe_ready,
    ),
];

/// The schemas that the descriptions refer to.
pub(crate) fn schemas() -> [NamedSchema; 2] {
    [named::<Health>(), named::<Ready>()]
}

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

fn describe_health() -> Description {
    let example = json!({"status": "healthy", "version": env!("CARGO_PKG_VERSION")});
    let response = Response::new("It does.").json(reference("Health"), [("healthy", example)]);
    let text = "Asks nothing else, so that a database outage does not make an orchestrator kill a healthy process.";
    Description::new(TAG, "getHealth", "Does the process answer?", text)
        .response(StatusCode::OK, response)
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

fn describe_ready() -> Description {
    let response =
        Response::new("It can.").json(reference("Ready"), [("ready", json!({"status": "ready"}))]);
    let text = "Whether database, migrations and keys are there, and the server is not stopping. A 503 says what is missing and never why.";
    Description::new(TAG, "getReadiness", "Can it do its work?", text)
        .response(StatusCode::OK, response)
        .problems([StatusCode::SERVICE_UNAVAILABLE])
}

/// What the server needs in order to work.
pub(crate) struct Readiness {
    db: Db,
    keys: Option<Arc<JwksCache>>,
    drain: Drain,
    /// When the database was asked, and what it lacked.
    database: Mutex<Option<(Instant, Option<&'static str>)>>,
}

impl Readiness {
    pub(crate) fn new(db: Db, keys: Option<Arc<JwksCache>>, drain: Drain) -> Self {
        Self { db, keys, drain, database: Mutex::new(None) }
    }

    /// Names what is missing. The reasons are for the log.
    async fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.drain.has_begun() {
            missing.push("the server is stopping");
        }
        missing.extend(self.database().await);
        if self.keys.as_ref().is_some_and(|keys| !keys.is_ready()) {
            missing.push("no verification keys are loaded");
        }
        missing
    }

    /// Requests that come while one asks the database wait for its answer.
    async fn database(&self) -> Option<&'static str> {
        const NO_ANSWER: Option<&str> = Some("the database does not answer");
        let mut last = self.database.lock().await;
        if let Some((at, missing)) = *last
            && at.elapsed() < FRESH
        {
            return missing;
        }
        let missing = match timeout(DATABASE_TIMEOUT, self.db.is_migrated()).await {
            Ok(Ok(true)) => None,
            Ok(Ok(false)) => Some("migrations are pending"),
            Ok(Err(error)) => {
                log::warn!("not ready: {error}");
                NO_ANSWER
            }
            Err(_) => {
                let seconds = DATABASE_TIMEOUT.as_secs();
                log::warn!("not ready: the database did not answer in {seconds} s");
                NO_ANSWER
            }
        };
        *last = Some((Instant::now(), missing));
        missing
    }
}

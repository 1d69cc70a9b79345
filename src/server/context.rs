//! The state that all workers share. It is built once at start, and every request finds it in the
//! application data.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use anyhow::Context;

use crate::auth::{HttpJwks, JwksCache, Revocations, TokenVerifier};
use crate::base::drain::Drain;
use crate::config::{Config, CorsOrigins};
use crate::db::Db;
use crate::docs;
use crate::health::Readiness;
use crate::http::extract::BodyTimeout;
use crate::http::unknown_members::UnknownMembers;
use crate::mcp::Metadata;
use crate::server::cors::RefusedOrigins;
use crate::server::openapi::document;
use crate::server::rate_limit::RateLimits;
use crate::server::request_log::FailedChecks;
use crate::server::routes;
use crate::server::watch::TokenWatch;
use crate::sessions::RevocationStore;
use crate::tasks::events::Hub;
use crate::tasks::{Exports, TaskRules, TaskStore};
use crate::telemetry::Metrics;

/// The public fields are for the middlewares of this folder. The others belong to one feature each, which takes
/// its own as `web::Data` because it knows nothing of the layers above it.
pub(super) struct ServerContext {
    pub(super) cors: CorsOrigins,
    pub(super) refused_origins: RefusedOrigins,
    pub(super) drain: Drain,
    pub(super) rate_limits: RateLimits,
    /// Only in development.
    pub(super) failed_checks: Option<FailedChecks>,
    /// Only of `taskbridge init`.
    pub(super) watch: Option<TokenWatch>,
    /// `None` unless `METRICS_ADDR` is set.
    pub(super) metrics: Option<web::Data<Metrics>>,
    verifier: Arc<TokenVerifier>,
    /// `None` unless `MCP=on`.
    assistants: Option<Assistants>,
    db: Db,
    pub(super) rules: TaskRules,
    exports: web::Data<Exports>,
    pub(super) hub: Hub,
    revocations: web::Data<Revocations>,
    pub(super) revocation_store: web::Data<RevocationStore>,
    /// The last one that was read at start.
    pub(super) last_revocation: i64,
    readiness: web::Data<Readiness>,
    body_timeout: web::Data<BodyTimeout>,
    /// Only in development.
    unknown_members: Option<web::Data<UnknownMembers>>,
    description: web::Data<docs::Rendered>,
}

/// What the endpoint for assistants has of its own.
struct Assistants {
    verifier: Arc<TokenVerifier>,
    metadata: web::Data<Metadata>,
}

impl Assistants {
    /// The end of a session ends its tokens at both doors.
    fn new(
        config: &Config,
        jwks: Option<Arc<JwksCache>>,
        revocations: Arc<Revocations>,
    ) -> Option<Self> {
        let metadata = web::Data::new(Metadata::new(config.mcp.as_ref()?));
        let settings = config.mcp_auth_settings(jwks, revocations)?;
        let verifier = Arc::new(TokenVerifier::new(settings));
        Some(Self { verifier, metadata })
    }
}

impl ServerContext {
    /// Connects to the database, migrates it, and starts fetching keys.
    ///
    /// # Errors
    /// One sentence on the database or the key cache.
    pub(super) fn new(config: &Config, watch: Option<TokenWatch>) -> anyhow::Result<Self> {
        let db = Db::connect(&config.database)?;
        let revocations = web::Data::new(Revocations::new(config.revocation_seconds));
        let last_revocation = RevocationStore::load(&config.database, &revocations)?;
        let revocation_store = RevocationStore::new(db.clone(), revocations.clone());
        let jwks = match &config.keys.jwks {
            Some(jwks) => Some(
                JwksCache::start(HttpJwks::new(&jwks.url), jwks.timing)
                    .context("Cannot start the thread that fetches keys")?,
            ),
            None => None,
        };
        let hub = Hub::new(config.http.max_event_streams);
        let metrics = |_| {
            let counted = hub.clone();
            let streams = Box::new(move || counted.counts());
            let known = revocations.clone().into_inner();
            web::Data::new(Metrics::new(db.clone(), jwks.clone(), streams, known))
        };
        let drain = Drain::default();
        let readiness = Readiness::new(db.clone(), jwks.clone(), drain.clone());
        let description = document().to_json().context("Cannot write the description")?;
        Ok(Self {
            metrics: config.metrics_addr.map(metrics),
            cors: config.cors.clone(),
            refused_origins: RefusedOrigins::default(),
            rate_limits: RateLimits::new(&config.rate_limits),
            failed_checks: (!config.production).then(Default::default),
            watch,
            exports: web::Data::new(Exports::default()),
            readiness: web::Data::new(readiness),
            unknown_members: (!config.production).then(Default::default),
            body_timeout: web::Data::new(BodyTimeout(config.http.request_timeout)),
            description: web::Data::new(docs::Rendered::new(description)),
            assistants: Assistants::new(config, jwks.clone(), revocations.clone().into_inner()),
            verifier: Arc::new(TokenVerifier::new(
                config.auth_settings(jwks, revocations.clone().into_inner()),
            )),
            revocations,
            revocation_store: web::Data::new(revocation_store),
            last_revocation,
            db,
            rules: TaskRules::of(&config.database),
            hub,
            drain,
        })
    }

    /// The context of a request. Always `Some` for requests of the API's server.
    pub(super) fn of(request: &HttpRequest) -> Option<&web::Data<Self>> {
        request.app_data()
    }

    /// A handle on the database.
    pub(super) fn db(&self) -> Db {
        self.db.clone()
    }

    /// Sets up the application of one worker: its data and all routes.
    pub(super) fn register(self: &Arc<Self>, app: &mut web::ServiceConfig) {
        app.app_data(web::Data::from(Arc::clone(self)))
            .app_data(web::Data::new(TaskStore::new(&self.db, self.rules, self.hub.clone())))
            .app_data(web::Data::new(self.hub.clone()))
            .app_data(web::Data::from(Arc::clone(&self.verifier)))
            .app_data(self.revocations.clone())
            .app_data(self.revocation_store.clone())
            .app_data(web::Data::new(self.drain.clone()))
            .app_data(self.exports.clone())
            .app_data(self.readiness.clone())
            .app_data(self.body_timeout.clone())
            .app_data(self.description.clone());
        if let Some(unknown) = &self.unknown_members {
            app.app_data(unknown.clone());
        }
        if let Some(Assistants { verifier, metadata }) = &self.assistants {
            app.app_data(metadata.clone());
            routes::configure_mcp(app, Arc::clone(verifier));
        }
        routes::configure(app, Arc::clone(&self.verifier));
    }
}

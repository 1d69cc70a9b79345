//! The metadata of the endpoint as a protected resource (RFC 9728): which address its tokens are bound to, who issues
//! them, and what they can be for. A client that was refused finds its way from here.

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::auth::Scope;
use crate::config::McpConfig;

/// What is said of the endpoint, ready to be sent.
pub(crate) struct Metadata {
    document: String,
    /// The parameters that a challenge of RFC 6750 gets (RFC 9728, section 5.1).
    pub(super) resource_metadata: String,
    pub(super) scope: String,
}

impl Metadata {
    /// Of the endpoint as configured.
    pub(crate) fn new(config: &McpConfig) -> Self {
        let scopes = Scope::ALL.map(Scope::as_str);
        let document = json!({
            "resource": config.resource,
            "authorization_servers": [config.authorization_server],
            "scopes_supported": scopes,
            "bearer_methods_supported": ["header"],
            "resource_name": "Taskbridge",
        });
        Self {
            document: document.to_string(),
            resource_metadata: format!("resource_metadata=\"{}\"", config.metadata_url()),
            scope: format!("scope=\"{}\"", scopes.join(" ")),
        }
    }
}

/// `GET /.well-known/oauth-protected-resource` and the same for the path `/mcp`.
pub(super) async fn metadata(metadata: web::Data<Metadata>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(metadata.document.clone())
}

//! The description of the health operations.

use actix_web::http::StatusCode;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::{Health, Ready};
use crate::http::openapi::{Answer, Description, reference};
use crate::http::operation::Operation;

const TAG: &str = "service";

/// The schemas that the descriptions refer to.
pub(crate) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    vec![
        (Health::name().into_owned(), Health::schema()),
        (Ready::name().into_owned(), Ready::schema()),
    ]
}

/// Describes a row of [`super::OPERATIONS`].
pub(crate) fn describe(operation: &Operation) -> Option<Description> {
    match operation.path {
        "/health" => Some(health()),
        "/health/ready" => Some(ready()),
        _ => None,
    }
}

fn health() -> Description {
    let example = json!({"status": "healthy", "version": env!("CARGO_PKG_VERSION")});
    let answer = Answer::new("It does.").json(reference("Health"), [("healthy", example)]);
    let text = "Asks nothing else, so that a database outage does not make an orchestrator kill a healthy process.";
    Description::new(TAG, "getHealth", "Does the process answer?", text)
        .answer(StatusCode::OK, answer)
}

fn ready() -> Description {
    let answer =
        Answer::new("It can.").json(reference("Ready"), [("ready", json!({"status": "ready"}))]);
    let text = "Whether database, migrations and keys are there, and the server is not stopping. A 503 says what is missing and never why.";
    Description::new(TAG, "getReadiness", "Can it do its work?", text)
        .answer(StatusCode::OK, answer)
        .problems([StatusCode::SERVICE_UNAVAILABLE])
}

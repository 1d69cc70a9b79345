//! `POST /api/{user_id}/tasks/batch`.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};

use super::request::BulkBody;
use super::response;
use crate::auth::OwnerId;
use crate::http::error::ApiError;
use crate::http::extract::JsonObject;
use crate::tasks::handlers::no_room;
use crate::tasks::idempotency::{Fingerprint, OptionalIdempotencyKey};
use crate::tasks::store::{BulkWritten, TaskStore};

/// Answers what became of each operation; with `atomic` the problem of the first that failed, and nothing is done.
pub(in crate::tasks) async fn bulk(
    owner: OwnerId,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    store: web::Data<TaskStore>,
    JsonObject(body): JsonObject<BulkBody>,
) -> Result<HttpResponse, ApiError> {
    let bulk = body.read().map_err(ApiError::Validation)?;
    let key = key.map(|key| (key, Fingerprint::of(&bulk.canonical)));
    let written = store.bulk(&owner, bulk.operations, bulk.atomic, key).await?;
    if written.lacks_room()
        && let erased @ ApiError::Auth(_) = no_room(&store, &owner).await?
    {
        return Err(erased);
    }
    match written {
        BulkWritten::Results(outcomes) => {
            let body = response::written(outcomes);
            Ok(HttpResponse::Ok().content_type(ContentType::json()).body(body))
        }
        BulkWritten::Failed(operation, failure) => {
            Err(ApiError::Operation(operation, Box::new(failure.into())))
        }
        BulkWritten::KeyReused => Err(ApiError::IdempotencyKeyReused),
    }
}

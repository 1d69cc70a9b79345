//! Thin handlers: extract, ask the store, answer.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ContentType, ETAG, IF_NONE_MATCH, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use percent_encoding::percent_decode_str;

use super::idempotency::OptionalIdempotencyKey;
use super::request::body::TaskBody;
use super::request::fields;
use super::request::precondition::Precondition;
use super::response::{json, location};
use super::store::{Created, TaskStore};
use super::task::etag::{EntityTag, is_current};
use super::task::id::{TaskId, TaskIdError};
use super::task::model::Task;
use crate::auth::{OwnerId, Revoked, TokenError};
use crate::http::error::ApiError;
use crate::http::extract::{JsonObject, OptionalJsonObject};
use crate::sessions::RevocationStore;

type HandlerResult = Result<HttpResponse, ApiError>;

impl FromRequest for TaskId {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let segment = request.match_info().get("id").unwrap_or_default();
        let parsed = match percent_decode_str(segment).decode_utf8() {
            Ok(text) => Self::parse(&text),
            Err(_) => Err(TaskIdError::NotAnInteger),
        };
        ready(parsed.map_err(|error| match error {
            TaskIdError::NotAnInteger => ApiError::MalformedPath,
            TaskIdError::OutOfRange => ApiError::Validation(vec![TaskIdError::OUT_OF_RANGE]),
        }))
    }
}

pub(super) async fn create(
    owner: OwnerId,
    OptionalIdempotencyKey(key): OptionalIdempotencyKey,
    store: web::Data<TaskStore>,
    JsonObject(body): JsonObject<TaskBody>,
) -> HandlerResult {
    let new = body.new_task().map_err(ApiError::Validation)?;
    let created = match key {
        Some(key) => store.create_once(&owner, &new, &key).await?,
        None => store.create(&owner, new).await?,
    };
    let task = match created {
        Created::Task(task) => task,
        Created::LimitReached => return Err(no_room(&store, &owner).await?),
        Created::KeyReused => return Err(ApiError::IdempotencyKeyReused),
    };
    let location = location::task(&task.user_id, task.id);
    Ok(with_task(HttpResponse::Created().insert_header((LOCATION, location)), &task))
}

pub(super) async fn read(
    owner: OwnerId,
    id: TaskId,
    store: web::Data<TaskStore>,
    request: HttpRequest,
) -> HandlerResult {
    let task = store.find(&owner, id).await?.ok_or(ApiError::NotFound)?;
    let etag = EntityTag::of(&task).to_string();
    if is_current(&etag, request.headers().get_all(IF_NONE_MATCH)) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, etag)).finish());
    }
    Ok(with_task(&mut HttpResponse::Ok(), &task))
}

/// PUT and PATCH alike: front ends send partial PUTs, and replacing would wipe what they left out.
pub(super) async fn update(
    owner: OwnerId,
    id: TaskId,
    precondition: Precondition,
    store: web::Data<TaskStore>,
    JsonObject(body): JsonObject<TaskBody>,
) -> HandlerResult {
    let changes = body.changes().map_err(ApiError::Validation)?;
    let task = store.update(&owner, id, &changes, &precondition).await?.done()?;
    Ok(with_task(&mut HttpResponse::Ok(), &task))
}

/// Without a `completed` member it flips; with one it sets, so that a retry is harmless.
pub(super) async fn complete(
    owner: OwnerId,
    id: TaskId,
    precondition: Precondition,
    store: web::Data<TaskStore>,
    OptionalJsonObject(body): OptionalJsonObject<TaskBody>,
) -> HandlerResult {
    let wanted = match body.and_then(|body| body.completed) {
        Some(value) => {
            Some(fields::completed(&value).map_err(|fault| ApiError::Validation(vec![fault]))?)
        }
        None => None,
    };
    let task = store.complete(&owner, id, wanted, &precondition).await?.done()?;
    Ok(with_task(&mut HttpResponse::Ok(), &task))
}

pub(super) async fn delete(
    owner: OwnerId,
    id: TaskId,
    precondition: Precondition,
    store: web::Data<TaskStore>,
) -> HandlerResult {
    store.delete(&owner, id, &precondition).await?.done()?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /api/{user_id}`: erases all that is kept of the caller, for the hook that runs when a user deletes the
/// account itself. From then on the user's tokens are refused; so is the request when it is repeated after its end.
pub(super) async fn erase(
    owner: OwnerId,
    store: web::Data<TaskStore>,
    revocations: web::Data<RevocationStore>,
) -> HandlerResult {
    store.erase(&owner).await?;
    revocations.revoke(Revoked::Account(owner.user_id().clone())).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Why the owner may have no more tasks. Another instance may have erased the account a moment ago.
pub(super) async fn no_room(store: &TaskStore, owner: &OwnerId) -> Result<ApiError, ApiError> {
    Ok(if store.is_erased(owner).await? {
        ApiError::Auth(TokenError::AccountErased.into())
    } else {
        ApiError::TaskLimitReached
    })
}

/// An answer with a task and its tag.
pub(super) fn with_task(response: &mut HttpResponseBuilder, task: &Task) -> HttpResponse {
    let etag = EntityTag::of(task).to_string();
    response.insert_header((ETAG, etag)).content_type(ContentType::json()).body(json::of_task(task))
}

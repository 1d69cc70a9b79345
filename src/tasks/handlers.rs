//! Thin handlers: extract, hand over to the repository, answer.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ContentType, ETAG, IF_NONE_MATCH, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use percent_encoding::percent_decode_str;

use super::body::TaskBody;
use super::etag::EntityTag;
use super::grouped::GroupedWrites;
use super::id::{TaskId, TaskIdError};
use super::idempotency::OptionalIdempotencyKey;
use super::model::Task;
use super::precondition::Precondition;
use super::{fields, idempotency, json, location, pipelined, repository};
use crate::auth::OwnerId;
use crate::db::{Db, Reader};
use crate::http::error::ApiError;
use crate::http::extract::{JsonObject, OptionalJsonObject};

type Answer = Result<HttpResponse, ApiError>;

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
    db: web::Data<Db>,
    grouped: web::Data<GroupedWrites>,
    JsonObject(body): JsonObject<TaskBody>,
) -> Answer {
    let new = body.new_task().map_err(ApiError::Validation)?;
    let task = match key {
        Some(key) => {
            let made = db.write_for(owner, move |connection, owner| {
                idempotency::insert(connection, owner, &new, &key)
            });
            made.await?.ok_or(ApiError::IdempotencyKeyReused)?
        }
        None => grouped.create(owner, new).await?,
    };
    let location = location::task(&task.user_id, task.id);
    Ok(with_task(HttpResponse::Created().insert_header((LOCATION, location)), &task))
}

pub(super) async fn read(
    owner: OwnerId,
    id: TaskId,
    reader: web::Data<Reader>,
    request: HttpRequest,
) -> Answer {
    let found = reader.run_pipelined_for(
        owner,
        async |connection, owner| pipelined::find(connection, owner, id).await,
        move |connection, owner| repository::find(connection, owner, id),
    );
    let task = found.await?.ok_or(ApiError::NotFound)?;
    let etag = EntityTag::of(&task);
    if etag.matches_any(request.headers().get_all(IF_NONE_MATCH)) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, etag.to_string())).finish());
    }
    Ok(with_task(&mut HttpResponse::Ok(), &task))
}

/// PUT and PATCH alike: front ends send partial PUTs, and replacing would wipe what they left out.
pub(super) async fn update(
    owner: OwnerId,
    id: TaskId,
    precondition: Precondition,
    db: web::Data<Db>,
    JsonObject(body): JsonObject<TaskBody>,
) -> Answer {
    let changes = body.changes().map_err(ApiError::Validation)?;
    let written = db.write_for(owner, move |connection, owner| {
        repository::update(connection, owner, id, &changes, &precondition)
    });
    Ok(with_task(&mut HttpResponse::Ok(), &written.await?.done()?))
}

/// Without a `completed` member it flips; with one it sets, so that a retry is harmless.
pub(super) async fn complete(
    owner: OwnerId,
    id: TaskId,
    precondition: Precondition,
    grouped: web::Data<GroupedWrites>,
    OptionalJsonObject(body): OptionalJsonObject<TaskBody>,
) -> Answer {
    let wanted = match body.and_then(|body| body.completed) {
        Some(value) => {
            Some(fields::completed(&value).map_err(|fault| ApiError::Validation(vec![fault]))?)
        }
        None => None,
    };
    let written = grouped.complete(owner, id, wanted, precondition).await?;
    Ok(with_task(&mut HttpResponse::Ok(), &written.done()?))
}

pub(super) async fn delete(
    owner: OwnerId,
    id: TaskId,
    precondition: Precondition,
    db: web::Data<Db>,
) -> Answer {
    let deleted = db.write_for(owner, move |connection, owner| {
        repository::delete(connection, owner, id, &precondition)
    });
    deleted.await?.done()?;
    Ok(HttpResponse::NoContent().finish())
}

fn with_task(response: &mut HttpResponseBuilder, task: &Task) -> HttpResponse {
    let etag = EntityTag::of(task).to_string();
    response.insert_header((ETAG, etag)).content_type(ContentType::json()).body(json::of_task(task))
}

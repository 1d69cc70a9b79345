//! Thin handlers: extract, ask the store, answer.

use actix_web::http::header::{ContentType, LINK};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{cursor, shape};
use crate::auth::OwnerId;
use crate::http::error::ApiError;
use crate::tasks::clear::Cleared;
use crate::tasks::handlers::with_task;
use crate::tasks::list::page_params::page_params;
use crate::tasks::list::params::CURSOR;
use crate::tasks::request::precondition::Precondition;
use crate::tasks::response::location;
use crate::tasks::store::{Restored, TaskStore};
use crate::tasks::task::id::TaskId;

/// Answers one page of the trash, what was deleted last first, with a `Link` to the next (RFC 8288) while there is
/// one.
pub(in crate::tasks) async fn list(
    owner: OwnerId,
    store: web::Data<TaskStore>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let user_id = owner.as_str();
    let position = |text: &str| cursor::parse(text, user_id);
    let (below, limit) = page_params(request.query_string(), i64::MAX, CURSOR, position)
        .map_err(ApiError::Validation)?;
    let mut rows = store.trash(&owner, below, limit + 1).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let (body, written) = shape::of_deleted(rows.get(..shown).unwrap_or(&rows));
    let has_more = rows.len() > written;
    rows.truncate(written);
    let mut response = HttpResponse::Ok();
    if let Some((last, _)) = rows.last().filter(|_| has_more) {
        let (trash, cursor) = (location::trash(user_id), cursor::after(last.seq, user_id));
        let next = format!("<{trash}?limit={limit}&cursor={cursor}>; rel=\"next\"");
        response.insert_header((LINK, next));
    }
    Ok(response.content_type(ContentType::json()).body(body))
}

/// Brings a task back under its id.
pub(in crate::tasks) async fn restore(
    owner: OwnerId,
    id: TaskId,
    precondition: Precondition,
    store: web::Data<TaskStore>,
) -> Result<HttpResponse, ApiError> {
    match store.restore(&owner, id, &precondition).await? {
        Restored::Written(written) => Ok(with_task(&mut HttpResponse::Ok(), &written.done()?)),
        Restored::LimitReached => Err(ApiError::TaskLimitReached),
    }
}

/// Forgets what is in the trash.
pub(in crate::tasks) async fn empty(
    owner: OwnerId,
    store: web::Data<TaskStore>,
) -> Result<HttpResponse, ApiError> {
    let deleted = store.empty_trash(&owner).await?;
    Ok(HttpResponse::Ok().json(Cleared { deleted }))
}

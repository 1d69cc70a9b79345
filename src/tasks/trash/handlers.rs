//! Thin handlers: extract, ask the store, answer.

use actix_web::http::header::{ContentType, LINK};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{cursor, shape};
use crate::auth::OwnerId;
use crate::base::problem::FieldError;
use crate::http::error::ApiError;
use crate::tasks::clear::Cleared;
use crate::tasks::handlers::with_task;
use crate::tasks::list::params::{CURSOR, DEFAULT_LIMIT, LIMIT, limit};
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
    let (below, limit) = parse(request.query_string(), user_id).map_err(ApiError::Validation)?;
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

/// Before which `seq`, and how many. Of a parameter given twice the last counts. Every fault is reported.
fn parse(query: &str, user_id: &str) -> Result<(i64, i64), Vec<FieldError>> {
    let (mut below, mut most, mut faults) = (i64::MAX, DEFAULT_LIMIT, Vec::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "cursor" => match cursor::parse(&value, user_id) {
                Some(seq) => below = seq,
                None => faults.push(CURSOR),
            },
            "limit" => match limit(&value) {
                Some(limit) => most = limit,
                None => faults.push(LIMIT),
            },
            _ => {}
        }
    }
    if faults.is_empty() { Ok((below, most)) } else { Err(faults) }
}

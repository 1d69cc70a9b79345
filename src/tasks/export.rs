//! `GET /api/{user_id}/export`: all of the caller's tasks as one JSON array, oldest id first. A task that stands
//! still while others come and go is in it exactly once. One user has a few exports at once.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentType, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;

use super::array::{self, FIRST_BATCH, Rest};
use super::store::TaskStore;
use crate::auth::OwnerId;
use crate::base::share::Shares;
use crate::db::DbError;
use crate::http::error::ApiError;

/// How many exports one user may have under way.
const MAX_EXPORTS: usize = 4;

/// After how many seconds a further one is worth a try.
const RETRY_AFTER_SECONDS: u64 = 5;

const ATTACHMENT: (HeaderName, &str) = (CONTENT_DISPOSITION, "attachment; filename=\"tasks.json\"");

/// The exports under way, of each user.
#[derive(Clone, Debug)]
pub(crate) struct Exports(Arc<Shares<String>>);

impl Default for Exports {
    fn default() -> Self {
        Self(Shares::new(MAX_EXPORTS))
    }
}

pub(super) async fn export(
    owner: OwnerId,
    store: web::Data<TaskStore>,
    exports: web::Data<Exports>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let share = exports.0.take(&owner.as_str().to_owned());
    let busy = ApiError::RateLimited { retry_after_seconds: RETRY_AFTER_SECONDS };
    let share = share.ok_or(busy)?;
    // Read before the status is sent, so that a database that is away is still a 503.
    let first = store.batch(&owner, None, FIRST_BATCH).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header(ATTACHMENT).insert_header(ContentType::json());
    if request.method() == Method::HEAD {
        return Ok(answer.streaming(stream::empty::<Result<Bytes, DbError>>()));
    }
    Ok(answer.streaming(array::stream(store, owner, None, Rest::Batch(first), share)))
}

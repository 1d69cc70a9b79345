//! `GET /api/{user_id}/export`: all of the caller's tasks as one JSON array, oldest id first; or, with `trash=true`, the
//! trash. A task that stands still while others come and go is in it exactly once. One user has a few exports at once.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentType, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;

use super::array::{self, FIRST_BATCH, Rest};
use super::store::TaskStore;
use super::task::model::Task;
use super::trash::export as trash;
use crate::auth::OwnerId;
use crate::base::problem::FieldError;
use crate::base::share::Shares;
use crate::db::DbError;
use crate::db::Timestamp;
use crate::http::error::ApiError;

/// How many exports one user may have under way.
const MAX_EXPORTS: usize = 4;

/// After how many seconds a further one is worth a try.
const RETRY_AFTER_SECONDS: u64 = 5;

const TASKS: (HeaderName, &str) = (CONTENT_DISPOSITION, "attachment; filename=\"tasks.json\"");
const TRASH: (HeaderName, &str) = (CONTENT_DISPOSITION, "attachment; filename=\"trash.json\"");

const WHICH: FieldError =
    FieldError { field: "trash", code: "not_allowed", detail: "trash is true or false." };

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
    let of_trash = of_trash(request.query_string()).map_err(ApiError::Validation)?;
    let share = exports.0.take(&owner.as_str().to_owned());
    let busy = ApiError::RateLimited { retry_after_seconds: RETRY_AFTER_SECONDS };
    let share = share.ok_or(busy)?;
    // Read before the status is sent, so that a database that is away is still a 503.
    let first = if of_trash {
        First::Trash(trash::first(&store, &owner).await?)
    } else {
        First::Tasks(store.batch(&owner, None, FIRST_BATCH).await?)
    };
    let mut answer = HttpResponse::Ok();
    answer.insert_header(if of_trash { TRASH } else { TASKS }).insert_header(ContentType::json());
    if request.method() == Method::HEAD {
        return Ok(answer.streaming(stream::empty::<Result<Bytes, DbError>>()));
    }
    Ok(match first {
        First::Tasks(first) => {
            answer.streaming(array::stream(store, owner, None, Rest::Batch(first), share))
        }
        First::Trash(first) => answer.streaming(trash::stream(store, owner, first, share)),
    })
}

/// What is read before the status is sent.
enum First {
    Tasks(Vec<Task>),
    Trash(Vec<(Task, Timestamp)>),
}

/// Whether the trash is asked for.
fn of_trash(query: &str) -> Result<bool, Vec<FieldError>> {
    let mut which = url::form_urlencoded::parse(query.as_bytes());
    match which.find(|(name, _)| name == "trash").map(|(_, value)| value).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(vec![WHICH]),
    }
}

//! `GET /api/{user_id}/changes`.

use actix_web::http::header::{ContentType, HeaderMap, HeaderName, VARY};
use actix_web::{HttpRequest, HttpResponse, web};

use super::changes::Changes;
use super::since::Since;
use crate::auth::OwnerId;
use crate::base::problem::FieldError;
use crate::http::error::ApiError;
use crate::tasks::list::page_params::page_params;
use crate::tasks::response::json;
use crate::tasks::store::TaskStore;

/// So many bytes of tasks are on a page, and one task more: what is held for a client that does not read.
const MAX_BYTES: usize = 40 * 1024;

/// Holds the token in the place of `since`. A browser keeps a preflight response for the whole address, so a page that
/// follows the changes asks for permission once and not with each token.
const CHANGES_SINCE: HeaderName = HeaderName::from_static("changes-since");

const SINCE: FieldError = FieldError {
    field: "since",
    code: "invalid_token",
    detail: "The token is not one of this feed; start again without it.",
};

/// Answers one page of changes; 410 when the token leads nowhere any more. A parameter counts before the header.
pub(in crate::tasks) async fn changes(
    owner: OwnerId,
    store: web::Data<TaskStore>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let token = |text: &str| Since::parse(text, owner.as_str());
    let from = since(request.headers(), token).ok_or_else(|| ApiError::Validation(vec![SINCE]))?;
    let (since, limit) =
        page_params(request.query_string(), from, SINCE, token).map_err(ApiError::Validation)?;
    let changes = store.changes(&owner, since, limit).await?.ok_or(ApiError::ResyncRequired)?;
    let body = written(changes, owner.as_str());
    let mut response = HttpResponse::Ok();
    response.insert_header((VARY, CHANGES_SINCE.as_str())).content_type(ContentType::json());
    Ok(response.body(body))
}

/// What the header says: the beginning without one, `None` when it is no token.
fn since(headers: &HeaderMap, token: impl Fn(&str) -> Option<Since>) -> Option<Since> {
    let mut values = headers.get_all(CHANGES_SINCE);
    match (values.next(), values.next()) {
        (None, _) => Some(Since::default()),
        (Some(value), None) => token(value.to_str().ok()?),
        (Some(_), Some(_)) => None,
    }
}

/// A page ends early, and says that there is more, when its tasks are long.
fn written(mut changes: Changes, user_id: &str) -> Vec<u8> {
    let mut out = b"{\"changed\":[".to_vec();
    let written = json::write_some(&mut out, &changes.changed, MAX_BYTES);
    changes.cut(written);
    out.extend(b"],\"deleted\":[");
    for (index, (_, id)) in changes.deleted.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend(id.to_string().into_bytes());
    }
    let (next, more) = (changes.next.token(user_id), changes.more);
    // A token has no character that needs an escape.
    out.extend(format!("],\"next\":\"{next}\",\"more\":{more}}}").into_bytes());
    out
}
